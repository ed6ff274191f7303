/** The size of a card, and a free place beside another. */
import type { TypeIndex } from "./catalogue";
import { numbersOf, type Point, type WorkflowDocument, type WorkflowNode } from "./document";
import { exitsOfNode } from "./exits";
import { shownOptions, summaryOf } from "./summary";

/** Measures of a card, in pixels; the style sheet uses the same. */
export const CARD = {
  width: 260,
  header: 36,
  line: 18,
  bodyPadding: 18,
  row: 28,
  rowsPadding: 8,
  lineLength: 38,
  maxOptions: 4,
} as const;

/** Between columns: room for a pill at an exit. */
export const GAP_X = 128;
export const GAP_Y = 40;
/** Between the Start marker and the first node. */
export const GAP_START = 72;
/** The canvas keeps to this grid. */
export const GRID = 4;
export const START_SIZE = { width: 80, height: 36 } as const;

export type CardShape = { lines: number; sets: boolean; options: number; exits: number };

export function cardShape(types: TypeIndex, node: WorkflowNode, sets: boolean): CardShape {
  const type = types.get(node.type);
  const summary = type ? summaryOf(type, node.settings) : node.type;
  const lines = linesOf(summary);
  const options = type ? Math.min(shownOptions(type, node.settings).length, CARD.maxOptions) : 0;
  return { lines, sets, options, exits: exitsOfNode(types, node).length };
}

/** How many lines a summary takes on a card, which shows expressions without their braces. */
export function linesOf(summary: string): number {
  const shown = summary.replace(/\{\{\s*(.*?)\s*\}\}/g, "$1 ");
  return shown === "" ? 0 : shown.length > CARD.lineLength ? 2 : 1;
}

export function cardHeight(shape: CardShape): number {
  const bodyLines = shape.lines + (shape.sets ? 1 : 0);
  const body = bodyLines === 0 && shape.options === 0 ? 0 : CARD.bodyPadding + bodyLines * CARD.line;
  const rows = shape.exits === 0 ? 0 : CARD.rowsPadding + shape.exits * CARD.row;
  return CARD.header + body + shape.options * 24 + rows;
}

/** The nearest place at or below a wanted one where a card of this height covers no other. */
export function freePlace(
  document: WorkflowDocument,
  heightOf: (number: number) => number,
  wanted: Point,
  height = 160,
): Point {
  const taken = numbersOf(document.nodes).flatMap((number) => {
    const at = document.layout[String(number)];
    return at ? [{ x: at[0], y: at[1], height: heightOf(number) }] : [];
  });
  let [x, y] = wanted;
  for (let tries = 0; tries <= taken.length; tries += 1) {
    const hit = taken.find(
      (other) =>
        x < other.x + CARD.width + 24 &&
        other.x < x + CARD.width + 24 &&
        y < other.y + other.height + 24 &&
        other.y < y + height + 24,
    );
    if (!hit) break;
    y = hit.y + hit.height + GAP_Y;
  }
  return [snap(x), snap(y)];
}

export function snap(value: number): number {
  return Math.round(value / GRID) * GRID;
}
