import { describe, expect, it } from "vitest";
import { contrast } from "./contrast";
import css from "./tokens.css?raw";

const light = tokens('light"] {');
const dark = tokens('dark"] {');

/** The colours that stand after a selector. */
function tokens(selector: string): Record<string, string> {
  const from = css.indexOf(selector);
  const block = css.slice(from, css.indexOf("\n}", from));
  return Object.fromEntries(
    [...block.matchAll(/--u-([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

const surfaces = ["canvas", "card", "floating", "sunken", "hover"];

/** Texts on what they stand on. */
const texts: [text: string, on: string[]][] = [
  ["text", surfaces],
  ["text-dim", surfaces],
  ["text-faint", ["canvas", "card", "floating", "sunken"]],
  ["accent-text", [...surfaces, "accent-soft"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["user-facing-text", ["card", "floating", "user-facing-soft"]],
  ["action-text", ["card", "floating", "action-soft"]],
  ["integration-text", ["card", "floating", "integration-soft"]],
  ["text", ["user-facing-soft", "action-soft", "integration-soft"]],
  ["yes", ["card", "floating", "yes-soft"]],
  ["no", ["card", "floating", "no-soft"]],
  ["warn", ["card", "floating", "warn-soft"]],
  ["sandbox-chip-text", ["sandbox-chip"]],
  ["production-chip-text", ["production-chip"]],
];

/** Lines and signs that carry meaning, on what they stand on. */
const signs: [sign: string, on: string[]][] = [
  ["field-border", ["card", "canvas", "floating"]],
  ["focus", ["canvas", "card", "floating"]],
  ["edge", ["canvas", "card"]],
  ["user-facing", ["card"]],
  ["action", ["card"]],
  ["integration", ["card"]],
  ["bolt", ["bolt-tile"]],
];

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, colours) => {
  const pairs = (list: [string, string[]][]) =>
    list.flatMap(([front, backs]) => backs.map((back) => [front, back]));

  it.each(pairs(texts))("text %s is readable on %s", (front, back) => {
    expect(contrast(colours[front as string] ?? "", colours[back as string] ?? "")).toBeGreaterThanOrEqual(
      4.5,
    );
  });

  it.each(pairs(signs))("sign %s can be seen on %s", (front, back) => {
    expect(contrast(colours[front as string] ?? "", colours[back as string] ?? "")).toBeGreaterThanOrEqual(3);
  });
});

it("names the same colours in light and in dark", () => {
  expect(Object.keys(dark).sort()).toEqual(Object.keys(light).sort());
});

it("knows the two ends of contrast", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#4f46e5", "#4f46e5")).toBe(1);
});
