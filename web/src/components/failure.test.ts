import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import { messageOf } from "./failure";

it("makes a sentence of what the server says", () => {
  const problem = new Problem(404, { detail: "there is no channel `web` in sandbox" });
  expect(messageOf(problem, "?")).toBe("There is no channel “web” in sandbox.");
});

it("leaves sentences as they are", () => {
  expect(messageOf(new Error("Zendesk answered: “no”"), "?")).toBe("Zendesk answered: “no”");
  expect(messageOf(new Error("It is late."), "?")).toBe("It is late.");
});

it("has words for what has none", () => {
  expect(messageOf("broken", "Something went wrong.")).toBe("Something went wrong.");
});
