import { expect, it } from "vitest";
import { matching } from "./jumps";

const jumps = ["Order status", "Returns", "Reorder", "Conversations", "API keys"].map((name) => ({
  name,
  sort: "page",
  to: `/${name}`,
}));
const names = (text: string) => matching(jumps, text).map((jump) => jump.name);

it("lists everything before a text is typed", () => {
  expect(names("  ")).toHaveLength(5);
});

it("puts names that begin with the text first", () => {
  expect(names("order")).toEqual(["Order status", "Reorder"]);
  expect(names("RE").slice(0, 2)).toEqual(["Returns", "Reorder"]);
});

it("finds a word inside a name, and letters in order", () => {
  expect(names("keys")).toEqual(["API keys"]);
  expect(names("cnv")).toEqual(["Conversations"]);
});

it("finds nothing for what no name holds", () => {
  expect(names("zebra")).toEqual([]);
});
