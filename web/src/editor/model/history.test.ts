import { describe, expect, it } from "vitest";
import { catalogue } from "../fixtures/catalogue";
import { orderStatus } from "../fixtures/order-status";
import { indexTypes } from "./catalogue";
import type { Command } from "./commands";
import { numbersOf, type Target, type WorkflowDocument } from "./document";
import {
  addNode,
  changeSettings,
  changeType,
  copyNodes,
  freeExit,
  pasteNodes,
  replaceAll,
  restoreNode,
} from "./edits";
import { exitsOfNode } from "./exits";
import { begin, type History, perform, redo, seal, undo } from "./history";
import { tidy } from "./tidy";

const types = indexTypes(catalogue);
const type = (name: string) => {
  const found = types.get(name);
  if (!found) throw new Error(`no type ${name} in the catalogue`);
  return found;
};

/** A small generator with a seed, so that a failure can be run again. */
function chance(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
  return {
    below: (bound: number) => Math.floor(next() * bound),
    of: <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)],
  };
}

/** One command that a builder could give now. */
function anyCommand(document: WorkflowDocument, random: ReturnType<typeof chance>): Command {
  const numbers = numbersOf(document.nodes);
  const one = random.of(numbers) ?? 0;
  const node = document.nodes[String(one)];
  const exits = node ? exitsOfNode(types, node) : [];
  const targets: (Target | null)[] = [...numbers, "end", { workflow: "support" }, { return: "no" }, null];
  const nothing: Command = { do: "batch", commands: [] };
  switch (random.below(12)) {
    case 0:
    case 1: {
      const from = random.of([null, "start" as const, freeExit(document, types, one)]) ?? null;
      const added = random.of(catalogue.types) ?? type("menu");
      return addNode(document, added, document.next_number, [random.below(900), random.below(900)], from);
    }
    case 2:
      return { do: "remove", numbers: numbers.filter(() => random.below(4) === 0) };
    case 3: {
      const removed = random.of(numbersOf(document.removed));
      return removed === undefined ? nothing : (restoreNode(document, removed, [4, 8]) ?? nothing);
    }
    case 4:
      return { do: "move", places: { [String(one)]: [random.below(500), random.below(500)], start: [0, 4] } };
    case 5: {
      const exit = random.of(exits);
      return exit
        ? { do: "connect", node: one, exit: exit.name, target: random.of(targets) ?? null }
        : nothing;
    }
    case 6:
      return { do: "title", number: one, title: random.of(["", "A title", "Another"]) ?? "" };
    case 7:
      return { do: "note", number: one, note: random.of(["", "A note"]) ?? "" };
    case 8: {
      const options = [{ name: `option_${random.below(4)}`, label: "x" }];
      return changeSettings(document, types, one, { ...node?.settings, options, cancel_word: null });
    }
    case 9:
      return { do: "start", start: random.of(numbers) ?? null };
    case 10: {
      const clip = copyNodes(document, numbers.slice(0, 2));
      return clip ? pasteNodes(document, clip, document.next_number, [40, 40]).command : nothing;
    }
    default:
      return random.below(2) === 0
        ? (changeType(document, one, type("zendesk_support.get_ticket")) ?? nothing)
        : { do: "move", places: tidy(document, types, () => 120) };
  }
}

/** No exit leads to a node that is not there, and no number lives twice. */
function sound(document: WorkflowDocument) {
  for (const node of Object.values(document.nodes)) {
    for (const target of Object.values(node.exits)) {
      if (typeof target === "number") expect(document.nodes).toHaveProperty(String(target));
    }
  }
  for (const number of Object.keys(document.nodes)) expect(document.removed).not.toHaveProperty(number);
  for (const number of [...numbersOf(document.nodes), ...numbersOf(document.removed)]) {
    expect(number).toBeLessThan(document.next_number);
  }
  if (document.start !== null) expect(document.nodes).toHaveProperty(String(document.start));
}

describe("history", () => {
  it("undoes any sequence of commands to the first document, but for what is never given up", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = chance(seed);
      let history: History = begin(orderStatus);
      let at = 0;
      for (let step = 0; step < 25; step += 1) {
        at += 500;
        const before = history.document;
        const field = random.below(3) === 0 ? "same" : undefined;
        const command = anyCommand(before, random);
        history = perform(history, command, at, field);
        sound(history.document);
        expect(history.document.next_number).toBeGreaterThanOrEqual(before.next_number);
        if (random.below(5) === 0) {
          const forth = history.document;
          const back = undo(history);
          sound(back.document);
          expect(back.document.next_number).toBe(forth.next_number);
          history = redo(back, at);
          expect(history.document, `redo, seed ${seed}`).toEqual(forth);
        }
      }
      const last = history.document;
      while (history.past.length > 0) history = undo(history);
      const { next_number, removed, ...first } = orderStatus;
      expect(history.document, `undo of all, seed ${seed}`).toMatchObject({ ...first, removed });
      expect(history.document.nodes).toEqual(first.nodes);
      expect(history.document.layout).toEqual(first.layout);
      expect(history.document.next_number).toBe(last.next_number);
      expect(history.document.next_number).toBeGreaterThanOrEqual(next_number);
      for (let number = next_number; number < last.next_number; number += 1) {
        expect(history.document.removed, `number ${number}, seed ${seed}`).toHaveProperty(String(number));
      }
      while (history.future.length > 0) history = redo(history, at);
      expect(history.document, `redo of all, seed ${seed}`).toEqual(last);
    }
  }, 60_000);

  it("moves an added node to the removed ones on undo, and brings it back under its number on redo", () => {
    const added = perform(
      begin(orderStatus),
      addNode(orderStatus, type("menu"), 9, [0, 400], { node: 8, exit: "no" }),
      0,
    );
    expect(added.document.nodes["8"]?.exits.no).toBe(9);
    const back = undo(added);
    expect(back.document.removed["9"]?.type).toBe("menu");
    expect(back.document.nodes["8"]?.exits).not.toHaveProperty("no");
    expect(back.document.next_number).toBe(10);
    expect(redo(back, 1).document).toEqual(added.document);
  });

  it("joins typing in one field until it rests, is sealed, or another field follows", () => {
    const title = (text: string): Command => ({ do: "title", number: 1, title: text });
    let history = begin(orderStatus);
    history = perform(history, title("A"), 0, "1/title");
    history = perform(history, title("Ab"), 300, "1/title");
    history = perform(history, { do: "note", number: 1, note: "n" }, 400, "1/note");
    expect(history.past).toHaveLength(2);
    history = perform(history, { do: "note", number: 1, note: "no" }, 9000, "1/note");
    expect(history.past).toHaveLength(3);
    history = perform(seal(history), { do: "note", number: 1, note: "not" }, 9100, "1/note");
    expect(history.past).toHaveLength(4);
    history = undo(undo(undo(history)));
    expect(history.document.nodes["1"]).toMatchObject({ title: "Ab" });
    expect(undo(history).document).toEqual(orderStatus);
  });

  it("forgets what was undone once something else is done", () => {
    const moved = perform(begin(orderStatus), { do: "move", places: { "1": [8, 8] } }, 0);
    const other = perform(undo(moved), { do: "title", number: 2, title: "Ask" }, 1);
    expect(redo(other, 2)).toBe(other);
  });
});

describe("edits", () => {
  it("lets go of an option's way when the option goes, in the same step", () => {
    const menu = orderStatus.nodes["1"];
    if (!menu) throw new Error("the fixture has a node 1");
    const settings = { ...menu.settings, options: [{ name: "talk", label: "Talk to us" }] };
    const after = perform(begin(orderStatus), changeSettings(orderStatus, types, 1, settings), 0);
    expect(after.document.nodes["1"]?.exits).toEqual({ talk: 8, no_match: 1 });
    expect(undo(after).document).toEqual(orderStatus);
  });

  it("pastes nodes under new numbers, with the ways among them", () => {
    const clip = copyNodes(orderStatus, [4, 5]);
    if (!clip) throw new Error("two nodes were copied");
    const elsewhere = { ...orderStatus, key: "another" };
    const { command, numbers } = pasteNodes(elsewhere, clip, 20, [40, 40]);
    const { document } = perform(begin(elsewhere), command, 0);
    expect(numbers).toEqual([20, 21]);
    expect(document.nodes["20"]?.exits).toEqual({ yes: 21 });
    expect(document.nodes["21"]?.exits).toEqual({});
    expect(document.next_number).toBe(22);
  });

  it("restores a removed node without ways to nodes that are gone", () => {
    const gone = perform(begin(orderStatus), { do: "remove", numbers: [4] }, 0).document;
    const command = restoreNode(gone, 3, [0, 0]);
    if (!command) throw new Error("node 3 is among the removed");
    expect(perform(begin(gone), command, 0).document.nodes["3"]?.exits).toEqual({});
    expect(gone.nodes["2"]?.exits).toEqual({ cancelled: "end" });
  });

  it("keeps exits and what both operations know when the operation changes", () => {
    const command = changeType(orderStatus, 8, type("zendesk_support.get_ticket"));
    if (!command) throw new Error("node 8 is there");
    const node = perform(begin(orderStatus), command, 0).document.nodes["8"];
    expect(node?.type).toBe("zendesk_support.get_ticket");
    const fresh = type("zendesk_support.get_ticket").new;
    expect(node?.settings).toEqual({ ...fresh, connection: "helpdesk", variable: "ticket" });
    expect(node?.exits).toEqual(orderStatus.nodes["8"]?.exits);
  });

  it("replaces words in all texts, and in nothing else", () => {
    const command = replaceAll(orderStatus, "order", "parcel");
    if (!command) throw new Error("the fixture speaks of orders");
    const { document } = perform(begin(orderStatus), command, 0);
    expect(document.nodes["1"]?.settings.options).toMatchObject([
      { name: "order", label: "Where is my parcel?" },
      {},
    ]);
    expect(document.nodes["1"]?.exits).toEqual(orderStatus.nodes["1"]?.exits);
  });
});
