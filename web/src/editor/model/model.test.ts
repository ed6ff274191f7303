import { describe, expect, it } from "vitest";
import { catalogue } from "../fixtures/catalogue";
import { orderStatus } from "../fixtures/order-status";
import { indexTypes, paletteGroups, pointed } from "./catalogue";
import { diff } from "./diff";
import { emptyWorkflow, normalise } from "./document";
import { exitsOf } from "./exits";
import { find } from "./find";
import { backEdges, before, edgesOf } from "./graph";
import { freePlace } from "./layout";
import { joinProblems, problemsOf } from "./problems";
import { summaryOf } from "./summary";
import { tidy } from "./tidy";
import { variablesBefore } from "./variables";

const types = indexTypes(catalogue);
const edges = edgesOf(orderStatus, types);

describe("exits", () => {
  const rules = [
    { each: "options", label: "label" },
    { name: "no_match", label: "No match", when: "/no_match/leads_on" },
    { name: "no_reply", label: "No reply", when: "/no_reply" },
  ];

  it("come one for each item, then by what is set", () => {
    const options = [
      { name: "a", label: "A" },
      { name: "b", label: { en: "B", fr: "Bé" } },
    ];
    expect(exitsOf({ exits: rules }, { options, no_match: { leads_on: true }, no_reply: 60 })).toEqual([
      { name: "a", label: "A" },
      { name: "b", label: "B" },
      { name: "no_match", label: "No match" },
      { name: "no_reply", label: "No reply" },
    ]);
  });

  it("are not there for false, null or what is missing, and are there for zero and empty", () => {
    const names = (settings: Parameters<typeof exitsOf>[1]) =>
      exitsOf({ exits: rules }, settings).map((exit) => exit.name);
    expect(names({ no_match: { leads_on: false }, no_reply: null })).toEqual([]);
    expect(names({ no_reply: 0 })).toEqual(["no_reply"]);
    expect(names({ no_reply: "", options: "not a list" })).toEqual(["no_reply"]);
    expect(names({ options: [null, 3, { label: "no name" }] })).toEqual([]);
    const unless = [{ name: "no_match", label: "No match", unless: "/no_match/repeat_for_ever" }];
    expect(exitsOf({ exits: unless }, {})).toHaveLength(1);
    expect(exitsOf({ exits: unless }, { no_match: { repeat_for_ever: true } })).toEqual([]);
  });

  it("read pointers with escapes, and nothing inherited", () => {
    expect(pointed({ "a/b": { "~": 5 } }, "/a~1b/~0")).toBe(5);
    expect(pointed({}, "/constructor")).toBeUndefined();
  });
});

describe("graph", () => {
  it("knows the ways back, and what comes before", () => {
    expect(backEdges(orderStatus, edges)).toEqual(new Set(["1/no_match", "6/next"]));
    expect(before(edges, 4)).toEqual(new Set([1, 2, 4, 6]));
  });

  it("lists the variables set on some path before a node, then those always there", () => {
    const names = (number: number) =>
      variablesBefore(orderStatus, types, edges, number)
        .filter((variable) => variable.setBy !== null)
        .map((variable) => `${variable.name} by ${variable.setBy}`);
    expect(names(5)).toEqual(["order_number by 2", "order by 4"]);
    expect(names(8)).toEqual([]);
    expect(variablesBefore(orderStatus, types, edges, 1).map((v) => v.name)).toContain("contact.name");
  });
});

describe("problems", () => {
  it("name exits that lead nowhere, a missing start, unknown types and what cannot be reached", () => {
    const nodes = { ...orderStatus.nodes, "9": { type: "telepathy", settings: {}, exits: { next: 77 } } };
    expect(problemsOf({ ...orderStatus, nodes }, types)).toEqual([
      {
        node: 2,
        exit: "too_many_attempts",
        severity: "warning",
        code: "leads_nowhere",
        values: { exit: "Too many attempts" },
      },
      { node: 8, exit: "no", severity: "warning", code: "leads_nowhere", values: { exit: "NO" } },
      { node: 9, severity: "error", code: "unknown_type", values: { type: "telepathy" } },
      { node: 9, exit: "next", severity: "warning", code: "leads_nowhere", values: { exit: "next" } },
      { node: 9, severity: "warning", code: "unreachable" },
    ]);
    expect(problemsOf({ ...orderStatus, start: null }, types)[0]).toMatchObject({ code: "no_start" });
    expect(problemsOf(emptyWorkflow("a", "A"), types)).toEqual([]);
  });

  it("are not said twice when the server finds them too", () => {
    const own = problemsOf(orderStatus, types);
    const server = [
      { node: 8, exit: "no", severity: "warning" as const, message: "leads nowhere" },
      { node: 4, pointer: "/api", severity: "error" as const, message: "there is no API `orders`" },
    ];
    const joined = joinProblems(own, server);
    expect(joined).toHaveLength(own.length + 1);
    expect(joined[0]).toBe(server[1]);
  });
});

describe("words of a card", () => {
  it("fill the pattern and leave expressions alone", () => {
    const pattern = { summary: "{method} {call.api} · {path}{missing}" };
    expect(summaryOf(pattern, { method: "GET", call: { api: "orders" }, path: "/o/{{ id }}" })).toBe(
      "GET orders · /o/{{ id }}",
    );
    expect(summaryOf({ summary: "{list}" }, { list: [{ variable: "a" }, { variable: "b" }] })).toBe("a, b");
  });
});

describe("places", () => {
  it("are tidied from left to right, the first node at the origin, none on another", () => {
    const places = tidy(orderStatus, types, () => 160);
    expect(places["1"]).toEqual([0, 0]);
    const x = (number: number) => places[String(number)]?.[0] ?? Number.NaN;
    expect(x(2)).toBeGreaterThan(x(1));
    expect(x(4)).toBeGreaterThan(x(2));
    expect(x(6)).toBeGreaterThan(x(4));
    const y = (number: number) => places[String(number)]?.[1] ?? Number.NaN;
    expect(y(5), "YES stands above NO").toBeLessThan(y(6));
    expect(y(2), "the first option stands above the second").toBeLessThan(y(8));
    const spots = Object.entries(places).filter(([key]) => key !== "start");
    for (const [a, [ax, ay]] of spots) {
      for (const [b, [bx, by]] of spots) {
        if (a < b) expect(Math.abs(ax - bx) >= 260 || Math.abs(ay - by) >= 160, `${a} and ${b}`).toBe(true);
      }
    }
  });

  it("are free ones for new nodes", () => {
    const [x, y] = freePlace(orderStatus, () => 200, [360, 0]);
    expect(x).toBe(360);
    expect(y).toBeGreaterThanOrEqual(240 + 200);
  });
});

describe("find, difference, reading", () => {
  it("finds words in texts, titles and targets", () => {
    expect(find(orderStatus, "SUPPORT").map((found) => found.pointer)).toEqual(["/exits/yes"]);
    expect(find(orderStatus, "look up").map((found) => found.node)).toEqual([4]);
    expect(find(orderStatus, " ")).toEqual([]);
  });

  it("tells meaning from places", () => {
    const newer = structuredClone(orderStatus);
    newer.layout["1"] = [8, 8];
    delete newer.nodes["7"];
    if (newer.nodes["2"]) newer.nodes["2"].exits.cancelled = 1;
    newer.nodes["9"] = { type: "end_session", settings: {}, exits: {} };
    expect(diff(orderStatus, newer)).toEqual({
      added: [9],
      removed: [7],
      changed: [{ node: 2, parts: ["exits"] }],
      start: false,
      moved: [1],
    });
  });

  it("fills in what the wire leaves out", () => {
    const read = normalise({ key: "a", name: "A", nodes: { "1": { type: "menu" } as never } });
    expect(read.nodes["1"]).toEqual({ type: "menu", settings: {}, exits: {} });
    expect(read.removed).toEqual({});
    expect(read.start).toBeNull();
  });

  it("offers the types of a family by group, and finds them by their words", () => {
    expect(paletteGroups(catalogue, "user_facing").map((group) => group.key)).toEqual([
      "display",
      "input",
      "branch",
    ]);
    expect(paletteGroups(catalogue, "integration", "ticket get")[0]?.types.map((t) => t.type)).toEqual([
      "zendesk_support.get_ticket",
    ]);
  });
});
