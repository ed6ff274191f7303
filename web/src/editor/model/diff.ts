/** What differs between two versions of a workflow, meaning before places. */
import { numbersOf, sameTarget, type WorkflowDocument, type WorkflowNode } from "./document";

export type Difference = {
  added: number[];
  removed: number[];
  /** The parts that changed, by node. */
  changed: { node: number; parts: ("type" | "title" | "note" | "settings" | "exits")[] }[];
  start: boolean;
  /** Nodes that only moved. */
  moved: number[];
};

export function diff(older: WorkflowDocument, newer: WorkflowDocument): Difference {
  const difference: Difference = {
    added: [],
    removed: numbersOf(older.nodes).filter((number) => !newer.nodes[String(number)]),
    changed: [],
    start: older.start !== newer.start,
    moved: [],
  };
  for (const number of numbersOf(newer.nodes)) {
    const a = older.nodes[String(number)];
    const b = newer.nodes[String(number)];
    if (!b) continue;
    if (!a) {
      difference.added.push(number);
      continue;
    }
    const parts = changedParts(a, b);
    if (parts.length > 0) difference.changed.push({ node: number, parts });
    else if (!same(older.layout[String(number)], newer.layout[String(number)])) {
      difference.moved.push(number);
    }
  }
  return difference;
}

function changedParts(a: WorkflowNode, b: WorkflowNode): Difference["changed"][number]["parts"] {
  const parts: Difference["changed"][number]["parts"] = [];
  if (a.type !== b.type) parts.push("type");
  if ((a.title ?? "") !== (b.title ?? "")) parts.push("title");
  if ((a.note ?? "") !== (b.note ?? "")) parts.push("note");
  if (!same(a.settings, b.settings)) parts.push("settings");
  const exits = new Set([...Object.keys(a.exits), ...Object.keys(b.exits)]);
  if ([...exits].some((exit) => !sameTarget(a.exits[exit], b.exits[exit]))) parts.push("exits");
  return parts;
}

/** Whether two JSON values are equal; the order of keys does not count. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
