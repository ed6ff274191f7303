/** What buttons, keys and menus do: each asks for numbers where it needs them, and gives one command. */
import type { EditorApi } from "../api";
import { type Catalogue, connectionsOf, type NodeType, type TypeIndex } from "../model/catalogue";
import type { ExitRef, Point, Settings, Target, WorkflowDocument } from "../model/document";
import {
  addNode,
  changeSettings,
  copyNodes,
  type From,
  freeExit,
  pasteNodes,
  placeAfter,
  readClip,
  restoreNode,
} from "../model/edits";
import type { Facts } from "../model/facts";
import { freePlace } from "../model/layout";
import { tidy } from "../model/tidy";
import type { DraftStore } from "./draft";
import type { ViewStore } from "./view";

export type Actions = ReturnType<typeof createActions>;

type Parts = {
  api: Pick<EditorApi, "takeNumbers">;
  catalogue: Catalogue;
  types: TypeIndex;
  draft: DraftStore;
  view: ViewStore;
  factsOf: (document: WorkflowDocument) => Facts;
  /** Tells that numbers could not be had, in words. */
  failed: (error: unknown) => void;
};

export function createActions({ api, catalogue, types, draft, view, factsOf, failed }: Parts) {
  const document = () => draft.getState().document;
  const facts = () => factsOf(document());
  const { perform } = draft.getState();
  let clipboard = "";

  async function numbers(count: number): Promise<number | null> {
    try {
      return await api.takeNumbers(count);
    } catch (error) {
      failed(error);
      return null;
    }
  }

  /** Where a click on the palette adds: after the selected node's free exit, or the Start marker's arrow. */
  function fromSelection(): From {
    const { selection, exit } = view.getState();
    if (exit) return exit;
    const [one] = selection;
    if (one !== undefined) return freeExit(document(), types, one);
    return document().start === null ? "start" : null;
  }

  /** A new integration node uses the first connection of its system, so that it can be tried at once. */
  function givenTo(type: NodeType): Settings {
    const connection = type.system ? connectionsOf(catalogue, type.system)[0] : undefined;
    return connection ? { connection: connection.key } : {};
  }

  return {
    async add(type: NodeType, from: From | undefined = undefined, at?: Point): Promise<number | null> {
      const wire = from === undefined ? (at ? null : fromSelection()) : from;
      view.getState().openPicker(null);
      const number = await numbers(1);
      if (number === null) return null;
      const place = at ?? placeAfter(document(), types, facts().heightOf, wire);
      perform(addNode(document(), type, number, place, wire, givenTo(type)));
      if (at) view.getState().select([number]);
      else view.getState().goTo(number);
      return number;
    },

    /** Leads an exit, or the Start marker, somewhere. */
    lead(from: ExitRef | "start", target: Target | null) {
      if (from === "start") {
        if (target === null || typeof target === "number") perform({ do: "start", start: target });
      } else {
        perform({ do: "connect", node: from.node, exit: from.exit, target });
      }
      view.getState().connectFrom(null);
      view.getState().openPicker(null);
    },

    settings(number: number, settings: Settings, field: string) {
      perform(changeSettings(document(), types, number, settings), `${number}${field}`);
    },

    /** Removes the selected nodes, or unwires the selected edge. */
    removeSelection() {
      const { selection, edge, select, selectEdge } = view.getState();
      if (edge) {
        perform({ do: "connect", node: edge.node, exit: edge.exit, target: null });
        selectEdge(null);
      } else if (selection.length > 0) {
        perform({ do: "remove", numbers: [...selection] });
        select([]);
      }
    },

    remove(number: number) {
      perform({ do: "remove", numbers: [number] });
      view.getState().select([]);
    },

    restore(number: number) {
      const at = freePlace(document(), facts().heightOf, [0, 0]);
      perform(restoreNode(document(), number, at));
      view.getState().goTo(number);
    },

    tidy() {
      perform({ do: "move", places: tidy(document(), types, facts().heightOf) });
    },

    copy() {
      const clip = copyNodes(document(), view.getState().selection);
      if (!clip) return;
      clipboard = JSON.stringify(clip);
      // The system's clipboard carries it to another workflow; where it is refused, ours still serves.
      void navigator.clipboard?.writeText(clipboard).catch(() => {});
    },

    async paste() {
      const text = await (navigator.clipboard?.readText().catch(() => clipboard) ?? clipboard);
      const clip = readClip(text) ?? readClip(clipboard);
      if (!clip) return;
      const first = await numbers(Object.keys(clip.nodes).length);
      if (first === null) return;
      const pasted = pasteNodes(document(), clip, first, [40, 40]);
      perform(pasted.command);
      view.getState().select(pasted.numbers);
    },

    async duplicate(number: number) {
      const clip = copyNodes(document(), [number]);
      const first = clip && (await numbers(1));
      if (!clip || first === null) return;
      const pasted = pasteNodes(document(), clip, first, [40, 40]);
      perform(pasted.command);
      view.getState().select(pasted.numbers);
    },

    selectAll() {
      view.getState().select(facts().numbers);
    },
  };
}
