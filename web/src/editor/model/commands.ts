/** Commands: the only way in which a document changes. Applying one gives the new document and the command that undoes it. */
import {
  type ExitRef,
  numbersOf,
  type Point,
  type Settings,
  type Target,
  type WorkflowDocument,
  type WorkflowNode,
  waysInto,
  without,
} from "./document";

export type Wire = ExitRef & { target: Target };

export type Command =
  | { do: "add"; number: number; node: WorkflowNode; at: Point }
  | { do: "remove"; numbers: number[] }
  | { do: "restore"; places: { [number: string]: Point }; wires: Wire[]; start?: number | null }
  | { do: "move"; places: { [key: string]: Point | null } }
  | { do: "settings"; number: number; settings: Settings }
  | { do: "retype"; number: number; type: string; settings: Settings }
  | { do: "title"; number: number; title: string }
  | { do: "note"; number: number; note: string }
  | { do: "connect"; node: number; exit: string; target: Target | null }
  | { do: "start"; start: number | null }
  | { do: "about"; name: string; description: string }
  | { do: "batch"; commands: Command[] };

export type Applied = { document: WorkflowDocument; inverse: Command };

/** Nothing is done by a command whose node is not there: two tabs may race, and history outlives a reload. */
export function apply(document: WorkflowDocument, command: Command): Applied {
  switch (command.do) {
    case "add":
      return add(document, command.number, command.node, command.at);
    case "remove":
      return remove(document, command.numbers);
    case "restore":
      return restore(document, command);
    case "move":
      return move(document, command.places);
    case "settings":
      return edit(document, command.number, (node) => ({
        node: { ...node, settings: command.settings },
        inverse: { ...command, settings: node.settings },
      }));
    case "retype":
      return edit(document, command.number, (node) => ({
        node: { ...node, type: command.type, settings: command.settings },
        inverse: { ...command, type: node.type, settings: node.settings },
      }));
    case "title":
      return edit(document, command.number, (node) => ({
        node: withText(node, "title", command.title),
        inverse: { ...command, title: node.title ?? "" },
      }));
    case "note":
      return edit(document, command.number, (node) => ({
        node: withText(node, "note", command.note),
        inverse: { ...command, note: node.note ?? "" },
      }));
    case "connect":
      return edit(document, command.node, (node) => ({
        node: {
          ...node,
          exits:
            command.target === null
              ? without(node.exits, command.exit)
              : { ...node.exits, [command.exit]: command.target },
        },
        inverse: { ...command, target: node.exits[command.exit] ?? null },
      }));
    case "start":
      return {
        document: { ...document, start: command.start },
        inverse: { do: "start", start: document.start },
      };
    case "about": {
      const { description: _old, ...rest } = document;
      const described = command.description ? { ...rest, description: command.description } : { ...rest };
      return {
        document: { ...described, name: command.name },
        inverse: { do: "about", name: document.name, description: document.description ?? "" },
      };
    }
    case "batch":
      return batch(document, command.commands);
  }
}

const NOTHING: Command = { do: "batch", commands: [] };

function batch(document: WorkflowDocument, commands: Command[]): Applied {
  const inverses: Command[] = [];
  let after = document;
  for (const command of commands) {
    const applied = apply(after, command);
    after = applied.document;
    inverses.unshift(applied.inverse);
  }
  return { document: after, inverse: { do: "batch", commands: inverses } };
}

function add(document: WorkflowDocument, number: number, node: WorkflowNode, at: Point): Applied {
  const key = String(number);
  if (document.nodes[key] || document.removed[key]) return { document, inverse: NOTHING };
  return {
    document: {
      ...document,
      next_number: Math.max(document.next_number, number + 1),
      nodes: { ...document.nodes, [key]: node },
      layout: { ...document.layout, [key]: at },
    },
    inverse: { do: "remove", numbers: [number] },
  };
}

/** Moves nodes to the removed ones. Exits that led to them from elsewhere lead nowhere afterwards. */
function remove(document: WorkflowDocument, numbers: number[]): Applied {
  const gone = new Set(numbers.filter((number) => document.nodes[String(number)]));
  if (gone.size === 0) return { document, inverse: NOTHING };
  const nodes = { ...document.nodes };
  const removed = { ...document.removed };
  const layout = { ...document.layout };
  const places: { [number: string]: Point } = {};
  const wires: Wire[] = [];
  for (const number of gone) {
    const key = String(number);
    for (const way of waysInto(document, number)) {
      if (!gone.has(way.node)) wires.push({ ...way, target: number });
    }
    const node = nodes[key];
    if (node) removed[key] = node;
    places[key] = layout[key] ?? [0, 0];
    delete nodes[key];
    delete layout[key];
  }
  for (const { node, exit } of wires) {
    const from = nodes[String(node)];
    if (from) nodes[String(node)] = { ...from, exits: without(from.exits, exit) };
  }
  const wasStart = document.start !== null && gone.has(document.start);
  return {
    document: { ...document, nodes, removed, layout, start: wasStart ? null : document.start },
    inverse: { do: "restore", places, wires, ...(wasStart ? { start: document.start } : {}) },
  };
}

/** Brings removed nodes back under their numbers, with the ways that led to them. */
function restore(document: WorkflowDocument, command: Extract<Command, { do: "restore" }>): Applied {
  const nodes = { ...document.nodes };
  const removed = { ...document.removed };
  const layout = { ...document.layout };
  const numbers: number[] = [];
  for (const [key, at] of Object.entries(command.places)) {
    const node = removed[key];
    if (!node || nodes[key]) continue;
    nodes[key] = node;
    layout[key] = at;
    delete removed[key];
    numbers.push(Number(key));
  }
  for (const { node, exit, target } of command.wires) {
    const from = nodes[String(node)];
    if (from) nodes[String(node)] = { ...from, exits: { ...from.exits, [exit]: target } };
  }
  const start = command.start === undefined ? document.start : command.start;
  return {
    document: { ...document, nodes, removed, layout, start },
    inverse: { do: "remove", numbers },
  };
}

function move(document: WorkflowDocument, places: { [key: string]: Point | null }): Applied {
  const layout = { ...document.layout };
  const before: { [key: string]: Point | null } = {};
  for (const [key, at] of Object.entries(places)) {
    before[key] = layout[key] ?? null;
    if (at === null) delete layout[key];
    else layout[key] = at;
  }
  return { document: { ...document, layout }, inverse: { do: "move", places: before } };
}

function edit(
  document: WorkflowDocument,
  number: number,
  change: (node: WorkflowNode) => { node: WorkflowNode; inverse: Command },
): Applied {
  const node = document.nodes[String(number)];
  if (!node) return { document, inverse: NOTHING };
  const changed = change(node);
  return {
    document: { ...document, nodes: { ...document.nodes, [String(number)]: changed.node } },
    inverse: changed.inverse,
  };
}

function withText(node: WorkflowNode, field: "title" | "note", text: string): WorkflowNode {
  const { [field]: _old, ...rest } = node;
  return text === "" ? rest : { ...rest, [field]: text };
}

/** The targets of a node's exits that are not in the document, which a restored node must let go of. */
export function danglingExits(document: WorkflowDocument, node: WorkflowNode): string[] {
  const there = new Set(numbersOf(document.nodes));
  return Object.entries(node.exits)
    .filter(([, target]) => typeof target === "number" && !there.has(target))
    .map(([exit]) => exit);
}
