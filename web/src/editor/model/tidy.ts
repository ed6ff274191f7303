/** The tidy order: read from left to right, what follows an exit level with it, in the order of the exits. */
import dagre from "@dagrejs/dagre";
import type { TypeIndex } from "./catalogue";
import { numbersOf, type Point, type WorkflowDocument } from "./document";
import { backEdges, type Edge, edgesOf, groupBy } from "./graph";
import { CARD, GAP_START, GAP_X, GAP_Y, START_SIZE, snap } from "./layout";

/** The places of all nodes; ways back don't pull a node to the right. */
export function tidy(
  document: WorkflowDocument,
  types: TypeIndex,
  heightOf: (number: number) => number,
): { [key: string]: Point } {
  const edges = edgesOf(document, types);
  const back = backEdges(document, edges);
  const forward = edges.filter(({ from, exit }) => !back.has(`${from}/${exit}`));
  const columns = columnsOf(document, forward, heightOf);
  const tops = new Map<number, number>();
  const incoming = groupBy(forward, (edge) => edge.to);
  for (const column of columns) place(document.start, column, incoming, tops, forward, heightOf);

  const originY = tops.get(document.start ?? columns[0]?.[0] ?? 0) ?? 0;
  const startColumn = Math.max(
    0,
    columns.findIndex((column) => column.includes(document.start ?? -1)),
  );
  const places: { [key: string]: Point } = { start: [-GAP_START - START_SIZE.width, 0] };
  columns.forEach((column, index) => {
    for (const number of column) {
      const x = (index - startColumn) * (CARD.width + GAP_X);
      places[String(number)] = [snap(x), snap((tops.get(number) ?? 0) - originY)];
    }
  });
  return places;
}

/** The columns, by dagre's ranks. */
function columnsOf(
  document: WorkflowDocument,
  forward: readonly Edge[],
  heightOf: (number: number) => number,
): number[][] {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: GAP_X, nodesep: GAP_Y });
  graph.setDefaultEdgeLabel(() => ({}));
  const numbers = numbersOf(document.nodes);
  for (const number of numbers) {
    graph.setNode(String(number), { width: CARD.width, height: heightOf(number) });
  }
  for (const { from, exit, to } of forward) graph.setEdge(String(from), String(to), {}, exit);
  dagre.layout(graph);
  const byX = groupBy(numbers, (number) => Math.round(graph.node(String(number)).x));
  const ranked = [...byX].sort(([a], [b]) => a - b).map(([, column]) => column);
  return closeToSource(ranked, forward);
}

/** Pulls every node to the column right after what leads to it; dagre may leave it just before what it leads to. */
function closeToSource(ranked: readonly number[][], forward: readonly Edge[]): number[][] {
  const incoming = groupBy(forward, (edge) => edge.to);
  const ranks = new Map<number, number>();
  ranked.forEach((column, index) => {
    for (const number of column) {
      const before = (incoming.get(number) ?? []).map((edge) => ranks.get(edge.from) ?? index - 1);
      ranks.set(number, before.length === 0 ? index : Math.max(...before) + 1);
    }
  });
  const columns = groupBy([...ranks], ([, rank]) => rank);
  return [...columns].sort(([a], [b]) => a - b).map(([, column]) => column.map(([number]) => number));
}

/**
 * Places one column: each card wants to stand level with what leads to it; where they would overlap, the whole gives
 * way by the least squares (isotonic regression by pooling neighbours).
 */
function place(
  start: number | null,
  column: readonly number[],
  incoming: ReadonlyMap<number, Edge[]>,
  tops: Map<number, number>,
  forward: readonly Edge[],
  heightOf: (number: number) => number,
) {
  const rowOf = (edge: Edge) => forward.filter((each) => each.from === edge.from).indexOf(edge);
  const wishes = column.map((number) => {
    const from = (incoming.get(number) ?? []).filter((edge) => tops.has(edge.from));
    const mean = (value: (edge: Edge) => number) =>
      from.reduce((sum, edge) => sum + value(edge), 0) / Math.max(1, from.length);
    const led = from.length > 0 || number === start;
    return {
      number,
      wish: mean((edge) => tops.get(edge.from) ?? 0),
      // Level by level, then exit by exit; what nothing leads to comes last.
      order: led
        ? mean((edge) => (tops.get(edge.from) ?? 0) + rowOf(edge) * CARD.row)
        : Number.POSITIVE_INFINITY,
      weight: led ? 1 : 0.001,
    };
  });
  wishes.sort((a, b) => (a.order === b.order ? a.number - b.number : a.order < b.order ? -1 : 1));

  const blocks: { weight: number; sum: number; members: { number: number; offset: number }[] }[] = [];
  let offset = 0;
  for (const { number, wish, weight } of wishes) {
    blocks.push({ weight, sum: weight * (wish - offset), members: [{ number, offset }] });
    offset += heightOf(number) + GAP_Y;
    for (
      let last = blocks.at(-1), prior = blocks.at(-2);
      last && prior;
      last = blocks.at(-1), prior = blocks.at(-2)
    ) {
      if (prior.sum / prior.weight <= last.sum / last.weight) break;
      prior.weight += last.weight;
      prior.sum += last.sum;
      prior.members.push(...last.members);
      blocks.pop();
    }
  }
  for (const { weight, sum, members } of blocks) {
    for (const { number, offset: below } of members) tops.set(number, sum / weight + below);
  }
}
