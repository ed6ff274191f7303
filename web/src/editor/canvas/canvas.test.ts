import { describe, expect, it } from "vitest";
import { catalogue } from "../fixtures/catalogue";
import { orderStatus } from "../fixtures/order-status";
import { indexTypes } from "../model/catalogue";
import type { Command } from "../model/commands";
import { apply } from "../model/commands";
import type { WorkflowDocument } from "../model/document";
import { factFinder } from "../model/facts";
import { cardMaker, endOf, NO_PATH, type Path } from "./cards";
import { flowEdges, refOf, type WayEdge } from "./edges";
import { type FlowNode, flowNodes, PLACEHOLDER, START } from "./flow";
import { below, rounded } from "./route";

const workflows = [{ key: "support", name: "Support" }];
const nothing = new Map();

/** A canvas without a browser: what React Flow would be given, one document after another. */
function canvas() {
  const factsOf = factFinder(indexTypes(catalogue));
  const makeCards = cardMaker();
  let nodes: Map<string, FlowNode> = new Map();
  let edges: Map<string, WayEdge> = new Map();
  return (document: WorkflowDocument, path: Path = NO_PATH, selection: number[] = [], dragged = nothing) => {
    const facts = factsOf(document);
    const cards = makeCards(document, facts, facts.problems, workflows, path, false);
    nodes = flowNodes(document, cards, facts, selection, dragged, false, nodes);
    edges = flowEdges(document, facts, path, new Set(), null, false, edges);
    return { nodes, edges, cards };
  };
}

const after = (command: Command) => apply(orderStatus, command).document;

describe("the canvas as a view of the document", () => {
  it("has a node for each node and the Start marker, and an edge for each way", () => {
    const { nodes, edges } = canvas()(orderStatus);
    expect([...nodes.keys()]).toEqual([START, "1", "2", "4", "5", "6", "7", "8"]);
    expect([...edges.keys()]).toEqual([
      "1/order",
      "1/talk",
      "1/no_match",
      "2/answered",
      "4/yes",
      "4/no",
      "5/next",
      "6/next",
      START,
    ]);
    expect([...edges.values()].filter((edge) => edge.data?.back).map((edge) => edge.id)).toEqual([
      "1/no_match",
      "6/next",
    ]);
  });

  it("gives new objects only to what has changed", () => {
    const draw = canvas();
    const first = draw(orderStatus);
    const second = draw(after({ do: "title", number: 2, title: "Another title" }));
    const same = (id: string) => first.nodes.get(id) === second.nodes.get(id);
    expect(["1", "4", "5", "6", "7", "8", START].every(same)).toBe(true);
    expect(same("2")).toBe(false);
    expect([...first.edges].every(([id, edge]) => second.edges.get(id) === edge)).toBe(true);
  });

  it("moves one node while it is dragged, and keeps its card's data", () => {
    const draw = canvas();
    const first = draw(orderStatus);
    const second = draw(orderStatus, NO_PATH, [], new Map([["4", { x: 5, y: 6 }]]));
    expect(second.nodes.get("4")?.position).toEqual({ x: 5, y: 6 });
    expect(second.nodes.get("4")?.data).toBe(first.nodes.get("4")?.data);
    expect(second.nodes.get("5")).toBe(first.nodes.get("5"));
  });

  it("shows a placeholder after Start while nothing is first", () => {
    const { nodes, edges } = canvas()({ ...orderStatus, start: null });
    expect(nodes.get(PLACEHOLDER)?.data).toMatchObject({ empty: false });
    expect(edges.get(START)?.target).toBe(PLACEHOLDER);
  });

  it("marks the way that was taken, where the preview is, and what is wrong", () => {
    const path: Path = { nodes: new Set([1, 2]), exits: new Set(["1/order"]), running: 2 };
    const { cards, edges } = canvas()(orderStatus, path);
    const card = (number: number) => cards.find((each) => each.number === number);
    expect(card(1)).toMatchObject({ visited: true, running: false, taken: ["order"] });
    expect(card(2)).toMatchObject({ visited: true, running: true });
    expect(card(4)).toMatchObject({ visited: false });
    expect(Object.keys(card(2)?.marks ?? {})).toEqual(["too_many_attempts"]);
    expect(edges.get("1/order")?.data?.taken).toBe(true);
    expect(edges.get("1/talk")?.data?.taken).toBe(false);
  });

  it("says where an exit leads that is no edge", () => {
    expect(endOf(orderStatus, workflows, undefined)).toEqual({ kind: "nowhere" });
    expect(endOf(orderStatus, workflows, 99)).toEqual({ kind: "nowhere" });
    expect(endOf(orderStatus, workflows, { workflow: "support", node: 3 })).toEqual({
      kind: "workflow",
      key: "support",
      name: "Support",
      node: 3,
    });
    expect(endOf(orderStatus, workflows, { return: "no" })).toEqual({ kind: "return", answer: "no" });
    expect(refOf({ source: START })).toBe(START);
  });
});

describe("the course of an edge", () => {
  it("runs below both cards on the way back", () => {
    const { edges } = canvas()(orderStatus);
    const floor = edges.get("6/next")?.data?.floor ?? 0;
    const path = below({ sourceX: 1328, sourceY: 200, targetX: 356, targetY: 0 }, floor, 0);
    const ys = [...path.matchAll(/[ML Q]?-?[\d.]+ (-?[\d.]+)/g)].map((match) => Number(match[1]));
    expect(Math.max(...ys)).toBe(floor + 20);
    expect(floor, "below node 8, which stands between").toBeGreaterThan(240 + 100);
  });

  it("rounds its corners, and no more than there is room for", () => {
    expect(rounded([])).toBe("");
    expect(
      rounded([
        [0, 0],
        [100, 0],
        [100, 100],
      ]),
    ).toBe("M0 0L92 0Q100 0 100 8L100 100");
    expect(
      rounded([
        [0, 0],
        [4, 0],
        [4, 100],
      ]),
    ).toBe("M0 0L2 0Q4 0 4 8L4 100");
  });
});
