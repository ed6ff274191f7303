/** React Flow's edges, derived from the document; an edge that did not change keeps its object. */
import type { Edge } from "@xyflow/react";
import { type ExitRef, type Point, placeOf, type WorkflowDocument } from "../model/document";
import type { Facts } from "../model/facts";
import { CARD } from "../model/layout";
import type { Path } from "./cards";
import { PLACEHOLDER, START } from "./flow";

export type WayData = { back: boolean; taken: boolean; lit: boolean; floor: number; lane: number };
export type WayEdge = Edge<WayData, "way">;

/** The room that an edge back takes beside and below cards. */
const BESIDE = 32;

export const edgeId = (node: number, exit: string) => `${node}/${exit}`;

export function refOf(edge: { source: string; sourceHandle?: string | null }): ExitRef | "start" {
  if (edge.source === START) return START;
  return { node: Number(edge.source), exit: edge.sourceHandle ?? "" };
}

/** Whether an edge has to turn round: its target does not stand to the right of its source. */
function runsBelow([fromX]: Point, [toX]: Point): boolean {
  return toX < fromX + CARD.width + BESIDE;
}

/** How low an edge back has to run to pass below both its cards and all that stand between them. */
function floorUnder(document: WorkflowDocument, facts: Facts, from: number, to: number): number {
  const box = (number: number) => {
    const [x, y] = placeOf(document, number);
    return { left: x, right: x + CARD.width, top: y, bottom: y + facts.heightOf(number) };
  };
  const [a, b] = [box(from), box(to)];
  const left = Math.min(a.left, b.left) - BESIDE;
  const right = Math.max(a.right, b.right) + BESIDE;
  const between = facts.numbers.map(box).filter((each) => each.right > left && each.left < right);
  between.sort((one, other) => one.top - other.top);
  let floor = Math.max(a.bottom, b.bottom);
  for (const { top, bottom } of between) {
    if (top < floor + BESIDE && bottom > floor) floor = bottom;
  }
  return floor;
}

export function flowEdges(
  document: WorkflowDocument,
  facts: Facts,
  path: Path,
  lit: ReadonlySet<number>,
  selected: ExitRef | null,
  readOnly: boolean,
  before: ReadonlyMap<string, WayEdge>,
): Map<string, WayEdge> {
  const edges = new Map<string, WayEdge>();
  const put = (edge: WayEdge) => {
    const old = before.get(edge.id);
    edges.set(edge.id, old && JSON.stringify(old) === JSON.stringify(edge) ? old : edge);
  };
  let lane = 0;
  for (const { from, exit, to } of facts.edges) {
    const id = edgeId(from, exit);
    const back = facts.back.has(id);
    const below = runsBelow(placeOf(document, from), placeOf(document, to));
    if (below) lane += 1;
    put({
      id,
      type: "way",
      source: String(from),
      sourceHandle: exit,
      target: String(to),
      targetHandle: "in",
      selected: selected?.node === from && selected.exit === exit,
      reconnectable: readOnly ? false : "target",
      data: {
        back,
        taken: path.exits.has(id) && path.nodes.has(to),
        lit: lit.has(from) || lit.has(to),
        floor: below ? floorUnder(document, facts, from, to) : 0,
        lane: lane % 4,
      },
    });
  }
  put({
    id: START,
    type: "way",
    source: START,
    sourceHandle: "out",
    target: document.start === null ? PLACEHOLDER : String(document.start),
    targetHandle: "in",
    selectable: false,
    reconnectable: readOnly || document.start === null ? false : "target",
    data: { back: false, taken: path.nodes.size > 0, lit: false, floor: 0, lane: 0 },
  });
  return edges;
}
