/** All that is worked out from a document, once per document, and per node once per node. */
import type { NodeType, TypeIndex } from "./catalogue";
import { numbersOf, type WorkflowDocument, type WorkflowNode } from "./document";
import { type Exit, exitsOfNode } from "./exits";
import { backEdges, type Edge, edgesOf } from "./graph";
import { cardHeight, cardShape } from "./layout";
import { type Problem, problemsOf } from "./problems";
import { shownOptions, summaryOf } from "./summary";
import { variablesSetBy } from "./variables";

export type NodeFacts = {
  type: NodeType | undefined;
  heading: string;
  exits: Exit[];
  summary: string;
  options: string[];
  sets: string[];
  height: number;
};

export type Facts = {
  numbers: number[];
  edges: Edge[];
  back: ReadonlySet<string>;
  problems: Problem[];
  node: (number: number) => NodeFacts | undefined;
  heightOf: (number: number) => number;
};

/** A function that works facts out; it remembers those of nodes that did not change. */
export function factFinder(types: TypeIndex): (document: WorkflowDocument) => Facts {
  const ofNode = new WeakMap<WorkflowNode, NodeFacts>();
  let last: { document: WorkflowDocument; facts: Facts } | undefined;

  const nodeFacts = (node: WorkflowNode, number: number): NodeFacts => {
    const known = ofNode.get(node);
    if (known) return known;
    const type = types.get(node.type);
    const sets = variablesSetBy(type, number, node.settings);
    const facts: NodeFacts = {
      type,
      heading: node.title || type?.title || node.type,
      exits: exitsOfNode(types, node),
      summary: type ? summaryOf(type, node.settings) : "",
      options: type ? shownOptions(type, node.settings) : [],
      sets,
      height: cardHeight(cardShape(types, node, sets.length > 0)),
    };
    ofNode.set(node, facts);
    return facts;
  };

  return (document) => {
    if (last?.document === document) return last.facts;
    const edges = edgesOf(document, types);
    const node = (number: number) => {
      const found = document.nodes[String(number)];
      return found && nodeFacts(found, number);
    };
    const facts: Facts = {
      numbers: numbersOf(document.nodes),
      edges,
      back: backEdges(document, edges),
      problems: problemsOf(document, types),
      node,
      heightOf: (number) => node(number)?.height ?? 120,
    };
    last = { document, facts };
    return facts;
  };
}
