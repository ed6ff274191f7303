import { expect, it } from "vitest";
import { inOtherEnvironment } from "./other-environment";

it("keeps the workflow", () => {
  expect(inOtherEnvironment("/w/acme/sandbox/workflows/order-status", "production")).toBe(
    "/w/acme/production/workflows/order-status",
  );
});

it("goes to the list where the item has no counterpart", () => {
  expect(inOtherEnvironment("/w/acme/production/conversations/0192", "sandbox")).toBe(
    "/w/acme/sandbox/conversations",
  );
});

it("leaves other paths alone", () => {
  expect(inOtherEnvironment("/login", "sandbox")).toBe("/login");
});
