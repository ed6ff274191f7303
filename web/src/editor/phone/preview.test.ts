import { describe, expect, it } from "vitest";
import { pathOf } from "../canvas/cards";
import { catalogue } from "../fixtures/catalogue";
import { fakeServer } from "../fixtures/fake-api";
import { orderStatus } from "../fixtures/order-status";
import { createPreview, retold } from "./preview";

const flushed = () => Promise.resolve(true);

describe("preview", { timeout: 60_000 }, () => {
  it("starts on the draft, answers, and knows the way that was taken", async () => {
    const preview = createPreview(fakeServer(orderStatus, catalogue), flushed);
    await preview.start();
    expect(preview.store.getState()).toMatchObject({ state: "running", waitingAt: 1 });
    await preview.say({ tap: { id: "order", title: "Where is my order?" } });
    await preview.say({ text: "1001" });
    const { visits, waitingAt, variables, state } = preview.store.getState();
    expect(state).toBe("ended");
    expect(variables).toEqual({ order_number: "1001" });
    const path = pathOf("order-status", visits, waitingAt);
    expect([...path.nodes]).toEqual([1, 2, 4, 5, 7]);
    expect([...path.exits]).toEqual(["1/order", "2/answered", "4/yes", "5/next"]);
  });

  it("replays the answers after an edit, taps by their words, and can take the last one back", async () => {
    const preview = createPreview(fakeServer(orderStatus, catalogue), flushed);
    await preview.start();
    await preview.say({ tap: { id: "an id of then", title: "Where is my order?" } });
    await preview.say({ text: "1001" });
    preview.outdate();
    expect(preview.store.getState().stale).toBe(true);
    await preview.replay();
    expect(preview.store.getState()).toMatchObject({ state: "ended", stale: false, replaying: false });
    expect(preview.store.getState().answers).toHaveLength(2);
    await preview.back();
    expect(preview.store.getState()).toMatchObject({ state: "running", waitingAt: 2 });
    expect(preview.store.getState().answers).toEqual([{ tap: { id: "order", title: "Where is my order?" } }]);
  });

  it("says a tap in words when the choice is no longer offered", () => {
    const offer = { kind: "buttons" as const, text: "?", buttons: [{ id: "b2", title: "Yes" }] };
    const messages = [{ at: "", direction: "out" as const, message: offer }];
    expect(retold({ tap: { id: "b1", title: "Yes" } }, messages)).toEqual({
      tap: { id: "b2", title: "Yes" },
    });
    expect(retold({ tap: { id: "b1", title: "No" } }, messages)).toEqual({ text: "No" });
  });

  it("tells why it could not start", async () => {
    const server = fakeServer(orderStatus, catalogue);
    server.setOffline(true);
    const preview = createPreview(server, flushed);
    await preview.start();
    expect(preview.store.getState()).toMatchObject({ state: "failed", reason: "Offline" });
  });
});
