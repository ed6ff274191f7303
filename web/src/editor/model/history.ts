/** Undo and redo: a history of commands. Selections, zooming and the frames of a drag never enter it. */
import { apply, type Command } from "./commands";
import type { WorkflowDocument } from "./document";

type Entry = { back: Command; field?: string; at: number };

export type History = {
  document: WorkflowDocument;
  past: readonly Entry[];
  future: readonly Command[];
};

/** How many steps are kept. */
const DEPTH = 300;
/** Typing in one field is one step until it rests this long, in milliseconds. */
const REST = 2000;

export function begin(document: WorkflowDocument): History {
  return { document, past: [], future: [] };
}

/** Applies a command. With a field, it joins the step before it when that came from the same field just now. */
export function perform(history: History, command: Command, at: number, field?: string): History {
  const { document, inverse } = apply(history.document, command);
  const last = history.past.at(-1);
  if (last && field !== undefined && last.field === field && at - last.at < REST) {
    const joined = { back: join(inverse, last.back), field, at };
    return { document, past: [...history.past.slice(0, -1), joined], future: [] };
  }
  const entry = field === undefined ? { back: inverse, at } : { back: inverse, field, at };
  return { document, past: [...history.past.slice(1 - DEPTH), entry], future: [] };
}

/** Ends the step that typing has been joining, as when a field is left. */
export function seal(history: History): History {
  const last = history.past.at(-1);
  if (!last || last.field === undefined) return history;
  return {
    ...history,
    past: [...history.past.slice(0, -1), { back: last.back, at: last.at }],
  };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  if (!last) return history;
  const { document, inverse } = apply(history.document, last.back);
  return {
    document,
    past: history.past.slice(0, -1),
    future: [inverse, ...history.future],
  };
}

export function redo(history: History, at: number): History {
  const [next, ...future] = history.future;
  if (!next) return history;
  const { document, inverse } = apply(history.document, next);
  return { document, past: [...history.past, { back: inverse, at }], future };
}

/** One command that undoes the newer, then the older; the same setting twice needs the older only. */
function join(newer: Command, older: Command): Command {
  if (newer.do === older.do) {
    switch (newer.do) {
      case "settings":
      case "title":
      case "note":
        if (newer.number === (older as typeof newer).number) return older;
        break;
      case "about":
        return older;
    }
  }
  return { do: "batch", commands: [newer, older] };
}
