import { describe, expect, it } from "vitest";
import { Problem } from "./problem";

describe("Problem", () => {
  it("reads a problem document", () => {
    const problem = new Problem(422, {
      title: "Not valid",
      detail: "button 2 is 27 characters long; WhatsApp shows 20",
      code: "invalid",
      errors: [{ pointer: "/name", detail: "is empty" }],
    });
    expect(problem.message).toBe("button 2 is 27 characters long; WhatsApp shows 20");
    expect(problem.code).toBe("invalid");
    expect(problem.field("/name")).toBe("is empty");
    expect(problem.field("/key")).toBeUndefined();
  });

  it("stands for a network that does not answer", () => {
    const problem = new Problem(0);
    expect(problem.offline).toBe(true);
    expect(problem.code).toBe("offline");
  });

  it("makes do with an answer that is no problem document", () => {
    const problem = new Problem(502, { errors: "none" });
    expect(problem.message).toBe("Status 502");
    expect(problem.errors).toEqual([]);
  });
});
