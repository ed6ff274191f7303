/** The example that comes with a new installation. */
export const EXAMPLE = "order-status";

/** Orders of the demo's own shop: one that is known, one that takes long to answer, one that nobody knows. */
export const exampleOrders = ["1001", "1009", "4711"];
