/** What a builder does, as commands: each function looks at the document and says what has to change. */
import type { NodeType, TypeIndex } from "./catalogue";
import { type Command, danglingExits } from "./commands";
import {
  type ExitRef,
  numbersOf,
  type Point,
  placeOf,
  type Settings,
  type Target,
  type WorkflowDocument,
  type WorkflowNode,
} from "./document";
import { exitsOf, exitsOfNode } from "./exits";
import { CARD, freePlace, GAP_X, snap } from "./layout";

/** Where a new node is wired from: an exit, the Start marker, or nothing. */
export type From = ExitRef | "start" | null;

export function addNode(
  document: WorkflowDocument,
  type: NodeType,
  number: number,
  at: Point,
  from: From,
  /** Settings that the workspace gives, such as its one connection. */
  given: Settings = {},
): Command {
  const node: WorkflowNode = {
    type: type.type,
    settings: { ...given, ...structuredClone(type.new) },
    exits: {},
  };
  const place: Point = [snap(at[0]), snap(at[1])];
  const commands: Command[] = [{ do: "add", number, node, at: place }];
  if (from === "start" || (from === null && document.start === null && noNodes(document))) {
    commands.push({ do: "start", start: number });
  } else if (from !== null) {
    commands.push({ do: "connect", ...from, target: number });
  }
  return { do: "batch", commands };
}

function noNodes(document: WorkflowDocument): boolean {
  return Object.keys(document.nodes).length === 0;
}

/** The first exit of a node that leads nowhere. */
export function freeExit(document: WorkflowDocument, types: TypeIndex, number: number): ExitRef | null {
  const node = document.nodes[String(number)];
  if (!node) return null;
  const exit = exitsOfNode(types, node).find(({ name }) => leadsNowhere(document, node, name));
  return exit ? { node: number, exit: exit.name } : null;
}

export function leadsNowhere(document: WorkflowDocument, node: WorkflowNode, exit: string): boolean {
  const target = node.exits[exit];
  return target === undefined || (typeof target === "number" && !document.nodes[String(target)]);
}

/** A free place for a node that follows an exit: to the right of its node, level with the exit's row. */
export function placeAfter(
  document: WorkflowDocument,
  types: TypeIndex,
  heightOf: (number: number) => number,
  from: From,
): Point {
  if (from === null || from === "start") {
    const numbers = numbersOf(document.nodes);
    if (numbers.length === 0) return [0, 0];
    const right = Math.max(...numbers.map((number) => placeOf(document, number)[0]));
    return freePlace(document, heightOf, from === "start" ? [0, 0] : [right, 0]);
  }
  const [x, y] = placeOf(document, from.node);
  const node = document.nodes[String(from.node)];
  const index = node ? exitsOfNode(types, node).findIndex((exit) => exit.name === from.exit) : 0;
  return freePlace(document, heightOf, [x + CARD.width + GAP_X, y + Math.max(0, index) * CARD.row]);
}

/** New settings for a node; exits that are no more with them lead nowhere afterwards. */
export function changeSettings(
  document: WorkflowDocument,
  types: TypeIndex,
  number: number,
  settings: Settings,
): Command {
  const change: Command = { do: "settings", number, settings };
  const node = document.nodes[String(number)];
  const type = node && types.get(node.type);
  if (!node || !type) return change;
  const kept = new Set(exitsOf(type, settings).map((exit) => exit.name));
  const gone = Object.keys(node.exits).filter((exit) => !kept.has(exit));
  if (gone.length === 0) return change;
  return {
    do: "batch",
    commands: [change, ...gone.map((exit): Command => ({ do: "connect", node: number, exit, target: null }))],
  };
}

/** Another operation of the same system in a node: what both know stays, as do title, note and exits. */
export function changeType(document: WorkflowDocument, number: number, type: NodeType): Command | null {
  const node = document.nodes[String(number)];
  if (!node) return null;
  const known = typeof type.schema === "object" ? Object.keys(type.schema.properties ?? {}) : [];
  const kept = Object.entries(node.settings).filter(([name]) => known.includes(name));
  const settings = { ...structuredClone(type.new), ...Object.fromEntries(kept) };
  return { do: "retype", number, type: type.type, settings };
}

/** Brings a removed node back; exits of it whose targets are gone lead nowhere. */
export function restoreNode(document: WorkflowDocument, number: number, at: Point): Command | null {
  const node = document.removed[String(number)];
  if (!node) return null;
  const commands: Command[] = [{ do: "restore", places: { [String(number)]: at }, wires: [] }];
  for (const exit of danglingExits(document, node)) {
    if (node.exits[exit] !== number) commands.push({ do: "connect", node: number, exit, target: null });
  }
  return { do: "batch", commands };
}

/** Nodes as they lie on the clipboard. */
export type Clip = {
  usher: "nodes/1";
  workflow: string;
  nodes: WorkflowDocument["nodes"];
  layout: { [number: string]: Point };
};

export function copyNodes(document: WorkflowDocument, numbers: readonly number[]): Clip | null {
  const there = numbers.filter((number) => document.nodes[String(number)]);
  if (there.length === 0) return null;
  const pick = <T>(value: (number: number) => T) =>
    Object.fromEntries(there.map((number) => [String(number), value(number)]));
  return {
    usher: "nodes/1",
    workflow: document.key,
    nodes: pick((number) => structuredClone(document.nodes[String(number)] as WorkflowNode)),
    layout: pick((number) => placeOf(document, number)),
  };
}

export function readClip(text: string): Clip | null {
  try {
    const clip = JSON.parse(text) as Partial<Clip> | null;
    return clip?.usher === "nodes/1" && clip.nodes && clip.layout ? (clip as Clip) : null;
  } catch {
    return null;
  }
}

/** Pastes nodes under new numbers. Exits among them follow; exits to others stay within their workflow. */
export function pasteNodes(
  document: WorkflowDocument,
  clip: Clip,
  firstNumber: number,
  offset: Point,
): { command: Command; numbers: number[] } {
  const old = numbersOf(clip.nodes);
  const renamed = new Map(old.map((number, index) => [number, firstNumber + index]));
  const commands = old.flatMap((number): Command[] => {
    const node = clip.nodes[String(number)];
    const to = renamed.get(number);
    if (!node || to === undefined) return [];
    const [x, y] = clip.layout[String(number)] ?? [0, 0];
    const exits: { [name: string]: Target } = {};
    for (const [exit, target] of Object.entries(node.exits)) {
      if (typeof target !== "number") exits[exit] = target;
      else if (renamed.has(target)) exits[exit] = renamed.get(target) ?? target;
      else if (clip.workflow === document.key && document.nodes[String(target)]) exits[exit] = target;
    }
    const at: Point = [snap(x + offset[0]), snap(y + offset[1])];
    return [{ do: "add", number: to, node: { ...structuredClone(node), exits }, at }];
  });
  return { command: { do: "batch", commands }, numbers: [...renamed.values()] };
}

/** Replaces words in every text of the workflow's settings. */
export function replaceAll(document: WorkflowDocument, words: string, by: string): Command | null {
  if (words === "") return null;
  const commands = numbersOf(document.nodes).flatMap((number): Command[] => {
    const node = document.nodes[String(number)];
    if (!node) return [];
    const before = JSON.stringify(node.settings);
    const settings = mapTexts(node.settings, (text) => text.replaceAll(words, by)) as Settings;
    return JSON.stringify(settings) === before ? [] : [{ do: "settings", number, settings }];
  });
  return commands.length === 0 ? null : { do: "batch", commands };
}

function mapTexts(value: Settings[string], change: (text: string) => string): Settings[string] {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === "name" ? item : mapTexts(item, change)]),
  );
}
