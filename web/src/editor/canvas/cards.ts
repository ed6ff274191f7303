/** What each card shows, worked out of document, findings and preview; a card that did not change keeps its object. */
import type { Visit } from "../../api/types";
import type { Named } from "../api";
import type { Target, WorkflowDocument, WorkflowNode } from "../model/document";
import type { Facts, NodeFacts } from "../model/facts";
import type { Problem } from "../model/problems";

/** Where an exit leads, as its row shows it; a way to a node of the workflow is drawn as an edge. */
export type ExitEnd =
  | { kind: "edge" }
  | { kind: "nowhere" }
  | { kind: "end" }
  | { kind: "return"; answer: "yes" | "no" }
  | { kind: "workflow"; key: string; name: string; node?: number };

export type Mark = { severity: "error" | "warning"; problems: Problem[] };

export type CardData = {
  number: number;
  node: WorkflowNode;
  facts: NodeFacts;
  ends: ExitEnd[];
  /** Findings by exit; those of the node itself under "". */
  marks: { [exit: string]: Mark };
  running: boolean;
  visited: boolean;
  taken: string[];
  readOnly: boolean;
};

/** The way that a conversation took: the nodes, and the exits as `node/exit`. */
export type Path = { nodes: ReadonlySet<number>; exits: ReadonlySet<string>; running: number | null };

export const NO_PATH: Path = { nodes: new Set(), exits: new Set(), running: null };

export function pathOf(workflow: string, visits: readonly Visit[], running: number | null): Path {
  const here = visits.filter((visit) => visit.workflow === workflow);
  return {
    nodes: new Set(here.map((visit) => visit.node)),
    exits: new Set(here.flatMap((visit) => (visit.exit ? [`${visit.node}/${visit.exit}`] : []))),
    running,
  };
}

export function endOf(
  document: WorkflowDocument,
  workflows: readonly Named[],
  target: Target | undefined,
): ExitEnd {
  if (target === undefined) return { kind: "nowhere" };
  if (target === "end") return { kind: "end" };
  if (typeof target === "number") {
    return document.nodes[String(target)] ? { kind: "edge" } : { kind: "nowhere" };
  }
  if ("return" in target) return { kind: "return", answer: target.return };
  const name = workflows.find((workflow) => workflow.key === target.workflow)?.name ?? target.workflow;
  return { kind: "workflow", key: target.workflow, name, ...(target.node ? { node: target.node } : {}) };
}

type Known = { node: WorkflowNode; rest: string; data: CardData };

/** A function that gives the cards' data; it remembers the last, and gives the same object for the same content. */
export function cardMaker() {
  let known = new Map<number, Known>();
  return (
    document: WorkflowDocument,
    facts: Facts,
    problems: readonly Problem[],
    workflows: readonly Named[],
    path: Path,
    readOnly: boolean,
  ): CardData[] => {
    const marks = marksByNode(problems);
    const next = new Map<number, Known>();
    for (const number of facts.numbers) {
      const node = document.nodes[String(number)];
      const ofNode = facts.node(number);
      if (!node || !ofNode) continue;
      const rest = {
        ends: ofNode.exits.map(({ name }) => endOf(document, workflows, node.exits[name])),
        marks: marks.get(number) ?? {},
        running: path.running === number,
        visited: path.nodes.has(number),
        taken: ofNode.exits.map(({ name }) => name).filter((name) => path.exits.has(`${number}/${name}`)),
        readOnly,
      };
      const written = JSON.stringify(rest);
      const before = known.get(number);
      next.set(
        number,
        before && before.node === node && before.rest === written
          ? before
          : { node, rest: written, data: { number, node, facts: ofNode, ...rest } },
      );
    }
    known = next;
    return [...known.values()].map(({ data }) => data);
  };
}

function marksByNode(problems: readonly Problem[]): Map<number, CardData["marks"]> {
  const byNode = new Map<number, CardData["marks"]>();
  for (const problem of problems) {
    if (problem.node === null) continue;
    const ofNode = byNode.get(problem.node) ?? {};
    const key = problem.exit ?? "";
    const mark = ofNode[key];
    ofNode[key] = {
      severity: problem.severity === "error" || mark?.severity === "error" ? "error" : "warning",
      problems: [...(mark?.problems ?? []), problem],
    };
    byNode.set(problem.node, ofNode);
  }
  return byNode;
}
