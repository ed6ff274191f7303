import { beforeEach, expect, it } from "vitest";
import { begin, dismiss, tick, useFirstSteps } from "./first-steps";

const done = () => useFirstSteps.getState().progress?.done;

beforeEach(() => dismiss());

it("ticks nothing before it began", () => {
  tick("talk", "acme");
  expect(done()).toBeUndefined();
});

it("ticks each thing once, in the workspace where it began", () => {
  begin("acme", "order-status");
  tick("talk", "acme");
  tick("talk", "acme");
  tick("deploy", "other");
  expect(done()).toEqual(["talk"]);
});

it("is kept in the browser until it is dismissed", () => {
  begin("acme", "order-status");
  tick("chat", "acme");
  expect(JSON.parse(localStorage.getItem("usher.first-steps") ?? "")).toEqual({
    workspace: "acme",
    workflow: "order-status",
    done: ["chat"],
  });
  dismiss();
  expect(localStorage.getItem("usher.first-steps")).toBeNull();
});
