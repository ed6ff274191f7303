/** React Flow's nodes, derived from the document. React Flow owns nothing that is kept. */
import type { Node } from "@xyflow/react";
import type { Point, WorkflowDocument } from "../model/document";
import { placeOf } from "../model/document";
import type { Facts } from "../model/facts";
import { CARD, GAP_START, START_SIZE } from "../model/layout";
import type { CardData } from "./cards";

export type CardNode = Node<CardData, "card">;
export type StartNode = Node<{ readOnly: boolean }, "start">;
export type PlaceholderNode = Node<{ empty: boolean; readOnly: boolean }, "placeholder">;
export type FlowNode = CardNode | StartNode | PlaceholderNode;

export const START = "start";
export const PLACEHOLDER = "placeholder";
export const PLACEHOLDER_SIZE = { width: 260, height: 176 } as const;
export const SMALL_PLACEHOLDER = { width: 180, height: 56 } as const;

/** Positions of nodes under the pointer, while they are dragged. */
export type Dragged = ReadonlyMap<string, { x: number; y: number }>;

export function startPlace(document: WorkflowDocument): Point {
  const own = document.layout[START];
  if (own) return own;
  const first = document.start === null ? null : placeOf(document, document.start);
  const [x, y] = first ?? [0, 0];
  return [x - GAP_START - START_SIZE.width, y + (first ? CARD.header / 2 - START_SIZE.height / 2 : 0)];
}

export function flowNodes(
  document: WorkflowDocument,
  cards: readonly CardData[],
  facts: Facts,
  selection: readonly number[],
  dragged: Dragged,
  readOnly: boolean,
  before: ReadonlyMap<string, FlowNode>,
): Map<string, FlowNode> {
  const nodes = new Map<string, FlowNode>();
  const selected = new Set(selection);
  const put = (node: FlowNode) => {
    const old = before.get(node.id);
    nodes.set(node.id, old && sameNode(old, node) ? old : node);
  };
  const at = (id: string, [x, y]: Point) => dragged.get(id) ?? { x, y };

  const start = startPlace(document);
  put({
    id: START,
    type: "start",
    data: known(before, START, { readOnly }),
    position: at(START, start),
    ...sized(START_SIZE),
    draggable: !readOnly,
    selectable: false,
    focusable: false,
  });
  if (document.start === null) {
    const empty = cards.length === 0;
    const size = empty ? PLACEHOLDER_SIZE : SMALL_PLACEHOLDER;
    const x = start[0] + START_SIZE.width + 56;
    put({
      id: PLACEHOLDER,
      type: "placeholder",
      data: known(before, PLACEHOLDER, { empty, readOnly }),
      position: { x, y: start[1] + START_SIZE.height / 2 - size.height / 2 },
      ...sized(size),
      draggable: false,
      selectable: false,
      focusable: false,
    });
  }
  for (const data of cards) {
    const id = String(data.number);
    put({
      id,
      type: "card",
      data,
      position: at(id, placeOf(document, data.number)),
      ...sized({ width: CARD.width, height: facts.heightOf(data.number) }),
      selected: selected.has(data.number),
      draggable: !readOnly,
    });
  }
  return nodes;
}

/** The size is known before the browser measures, so that nothing jumps. */
function sized({ width, height }: { width: number; height: number }) {
  return { width, height, measured: { width, height } };
}

function known<T extends object>(before: ReadonlyMap<string, FlowNode>, id: string, data: T): T {
  const old = before.get(id)?.data as T | undefined;
  return old && JSON.stringify(old) === JSON.stringify(data) ? old : data;
}

function sameNode(a: FlowNode, b: FlowNode): boolean {
  return (
    a.data === b.data &&
    a.selected === b.selected &&
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.width === b.width &&
    a.height === b.height &&
    a.draggable === b.draggable
  );
}
