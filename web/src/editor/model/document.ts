/** The workflow document as the server keeps it (format `workflow/1`), and questions about it. */

/** A JSON value, as settings hold them. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Settings = { [key: string]: Json };

/** Where an exit leads. An exit without a target leads nowhere. */
export type Target = number | "end" | { workflow: string; node?: number } | { return: "yes" | "no" };

export type WorkflowNode = {
  type: string;
  title?: string;
  note?: string;
  settings: Settings;
  exits: { [name: string]: Target };
};

export type Point = [x: number, y: number];

export type WorkflowDocument = {
  usher: "workflow/1";
  key: string;
  name: string;
  description?: string;
  kind: "standard" | "dynamic_api";
  languages: string[];
  start: number | null;
  next_number: number;
  nodes: { [number: string]: WorkflowNode };
  removed: { [number: string]: WorkflowNode };
  /** Positions by node number; `start` is the place of the Start marker. */
  layout: { [key: string]: Point };
};

/** A named way out of a node. */
export type ExitRef = { node: number; exit: string };

/** The node numbers of a document, in order. */
export function numbersOf(nodes: WorkflowDocument["nodes"]): number[] {
  return Object.keys(nodes)
    .map(Number)
    .sort((a, b) => a - b);
}

export function nodeAt(document: WorkflowDocument, number: number): WorkflowNode | undefined {
  return document.nodes[String(number)];
}

export function sameTarget(a: Target | null | undefined, b: Target | null | undefined): boolean {
  if (a === b || (a == null && b == null)) return true;
  if (a == null || b == null || typeof a !== "object" || typeof b !== "object") return false;
  if ("return" in a) return "return" in b && a.return === b.return;
  return "workflow" in b && a.workflow === b.workflow && a.node === b.node;
}

/** Every exit entry of the document that leads to the node, the order being that of the nodes. */
export function waysInto(document: WorkflowDocument, number: number): ExitRef[] {
  return numbersOf(document.nodes).flatMap((from) =>
    Object.entries(document.nodes[String(from)]?.exits ?? {})
      .filter(([, target]) => target === number)
      .map(([exit]) => ({ node: from, exit })),
  );
}

/** An empty standard workflow, as a new one begins. */
export function emptyWorkflow(key: string, name: string): WorkflowDocument {
  return {
    usher: "workflow/1",
    key,
    name,
    kind: "standard",
    languages: ["en"],
    start: null,
    next_number: 1,
    nodes: {},
    removed: {},
    layout: {},
  };
}

/** A copy of a record without one key. */
export function without<T>(record: { [key: string]: T }, key: string): { [key: string]: T } {
  const { [key]: _dropped, ...rest } = record;
  return rest;
}

/** A document as it came over the wire, with the parts that are left out when they are empty. */
export function normalise(raw: Partial<WorkflowDocument> & { key: string; name: string }): WorkflowDocument {
  const full = (nodes: WorkflowDocument["nodes"] | undefined): WorkflowDocument["nodes"] =>
    Object.fromEntries(
      Object.entries(nodes ?? {}).map(([number, node]) => [
        number,
        { ...node, settings: node.settings ?? {}, exits: node.exits ?? {} },
      ]),
    );
  return {
    ...emptyWorkflow(raw.key, raw.name),
    ...raw,
    start: raw.start ?? null,
    nodes: full(raw.nodes),
    removed: full(raw.removed),
    layout: { ...raw.layout },
  };
}

/** The place of a node; one that a hand-written file left out stands in a row by its number. */
export function placeOf(document: WorkflowDocument, number: number): Point {
  return document.layout[String(number)] ?? [((number - 1) % 6) * 360, Math.floor((number - 1) / 6) * 280];
}
