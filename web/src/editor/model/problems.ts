/** What the editor itself knows to be wrong, at once; the server's findings join it when the draft is kept. */
import type { TypeIndex } from "./catalogue";
import { numbersOf, type WorkflowDocument } from "./document";
import { exitsOfNode } from "./exits";
import { edgesOf, reachable } from "./graph";

export type Severity = "error" | "warning";

export type Problem = {
  node: number | null;
  exit?: string;
  pointer?: string;
  severity: Severity;
  /** Words of the server, or none when `code` says it. */
  message?: string;
  code?: "leads_nowhere" | "no_start" | "unknown_type" | "unreachable";
  values?: { [name: string]: string | number };
};

export function problemsOf(document: WorkflowDocument, types: TypeIndex): Problem[] {
  const problems: Problem[] = [];
  const numbers = numbersOf(document.nodes);
  if (document.start === null && numbers.length > 0) {
    problems.push({ node: null, severity: "error", code: "no_start" });
  }
  const reached = reachable(document, edgesOf(document, types));
  for (const number of numbers) {
    const node = document.nodes[String(number)];
    if (!node) continue;
    if (!types.has(node.type)) {
      problems.push({
        node: number,
        severity: "error",
        code: "unknown_type",
        values: { type: node.type },
      });
    }
    for (const { name, label } of exitsOfNode(types, node)) {
      const target = node.exits[name];
      const there = target !== undefined && (typeof target !== "number" || document.nodes[String(target)]);
      if (!there) {
        problems.push({
          node: number,
          exit: name,
          severity: "warning",
          code: "leads_nowhere",
          values: { exit: label || name },
        });
      }
    }
    if (document.start !== null && !reached.has(number)) {
      problems.push({ node: number, severity: "warning", code: "unreachable" });
    }
  }
  return problems;
}

/** The editor's own and the server's, without saying the same twice; errors first, then by node. */
export function joinProblems(own: readonly Problem[], server: readonly Problem[]): Problem[] {
  const place = (problem: Problem) => `${problem.node}/${problem.exit ?? ""}`;
  const exits = new Set(own.filter((problem) => problem.exit).map(place));
  const nodes = new Set(own.map((problem) => problem.node));
  const more = server.filter((problem) => {
    if (problem.exit) return !exits.has(place(problem));
    if (problem.pointer) return true;
    // A finding about a whole node that the editor has found by itself.
    return !(nodes.has(problem.node) && own.some((o) => o.node === problem.node && !o.exit));
  });
  const rank = (problem: Problem) => (problem.severity === "error" ? 0 : 1);
  return [...own, ...more].sort((a, b) => rank(a) - rank(b) || (a.node ?? 0) - (b.node ?? 0));
}
