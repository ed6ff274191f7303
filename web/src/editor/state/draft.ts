/** The draft as one edits it: its document and its history. */
import { createStore } from "zustand/vanilla";
import type { Command } from "../model/commands";
import type { WorkflowDocument } from "../model/document";
import { begin, type History, perform, redo, seal, undo } from "../model/history";

export type DraftState = History & {
  /** Rises with every edit, and says to the keeper that there is something to keep. */
  edits: number;
  perform: (command: Command | null, field?: string) => void;
  undo: () => void;
  redo: () => void;
  seal: () => void;
  /** Takes another document, without history: the first one, or the server's after a clash. */
  load: (document: WorkflowDocument) => void;
};

export type DraftStore = ReturnType<typeof createDraftStore>;

export function createDraftStore(document: WorkflowDocument, readOnly: boolean) {
  return createStore<DraftState>()((set, get) => {
    const edit = (change: (history: History) => History) => {
      if (readOnly) return;
      const before = get();
      const after = change(before);
      if (after.document === before.document && after.past === before.past) return;
      set({ document: after.document, past: after.past, future: after.future, edits: before.edits + 1 });
    };
    return {
      ...begin(document),
      edits: 0,
      perform: (command, field) => {
        if (command) edit((history) => perform(history, command, performance.now(), field));
      },
      undo: () => edit(undo),
      redo: () => edit((history) => redo(history, performance.now())),
      seal: () => set((state) => ({ past: seal(state).past })),
      load: (loaded) => set({ ...begin(loaded) }),
    };
  });
}
