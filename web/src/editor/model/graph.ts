/** The workflow as a graph: who leads to whom, by the exits that are really there. */
import type { TypeIndex } from "./catalogue";
import { numbersOf, type WorkflowDocument } from "./document";
import { exitsOfNode } from "./exits";

export type Edge = { from: number; exit: string; to: number };

/** The edges between nodes of the workflow, by node number and the order of exits. */
export function edgesOf(document: WorkflowDocument, types: TypeIndex): Edge[] {
  return numbersOf(document.nodes).flatMap((from) => {
    const node = document.nodes[String(from)];
    if (!node) return [];
    return exitsOfNode(types, node).flatMap(({ name }) => {
      const to = node.exits[name];
      return typeof to === "number" && document.nodes[String(to)] ? [{ from, exit: name, to }] : [];
    });
  });
}

/** The nodes that can be reached from the start. */
export function reachable(document: WorkflowDocument, edges: readonly Edge[]): Set<number> {
  const seen = new Set<number>();
  const open = document.start === null ? [] : [document.start];
  const outgoing = groupBy(edges, (edge) => edge.from);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at) || !document.nodes[String(at)]) continue;
    seen.add(at);
    for (const { to } of outgoing.get(at) ?? []) open.push(to);
  }
  return seen;
}

/** The nodes from which a node can be reached; itself too when it lies on a loop. */
export function before(edges: readonly Edge[], number: number): Set<number> {
  const seen = new Set<number>();
  const incoming = groupBy(edges, (edge) => edge.to);
  const open = (incoming.get(number) ?? []).map((edge) => edge.from);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    for (const { from } of incoming.get(at) ?? []) open.push(from);
  }
  return seen;
}

/** The edges that close a loop when the workflow is read from its start on, as `from/exit`. */
export function backEdges(document: WorkflowDocument, edges: readonly Edge[]): Set<string> {
  const outgoing = groupBy(edges, (edge) => edge.from);
  const done = new Set<number>();
  const onPath = new Set<number>();
  const back = new Set<string>();
  const roots = document.start === null ? [] : [document.start];
  for (const root of [...roots, ...numbersOf(document.nodes)]) {
    // An explicit stack: a long workflow must not be able to exhaust the call stack.
    const stack: { at: number; rest: Edge[] }[] = [];
    const visit = (at: number) => {
      if (done.has(at) || onPath.has(at)) return;
      onPath.add(at);
      stack.push({ at, rest: [...(outgoing.get(at) ?? [])] });
    };
    visit(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = top.rest.shift();
      if (!edge) {
        onPath.delete(top.at);
        done.add(top.at);
        stack.pop();
      } else if (onPath.has(edge.to)) {
        back.add(`${edge.from}/${edge.exit}`);
      } else {
        visit(edge.to);
      }
    }
  }
  return back;
}

export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
