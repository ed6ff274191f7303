/** What one looks at: never part of the document, never undone. */
import { createStore } from "zustand/vanilla";
import type { ExitRef, Point } from "../model/document";

export type DrawerTab = "problems" | "log" | "removed" | "find";
export type Picker = {
  /** The exit that is to be led somewhere; `start` is the Start marker's arrow. */
  from: ExitRef | "start";
  /** Where on the screen the menu opens. */
  x: number;
  y: number;
  /** Where on the canvas a new node goes; without it, beside its exit. */
  at?: Point;
};

export type ViewState = {
  selection: readonly number[];
  /** The exit that keys act on, of the one selected node; or the selected edge. */
  exit: ExitRef | null;
  edge: ExitRef | null;
  /** The exit that waits for its target to be clicked. */
  connecting: ExitRef | "start" | null;
  picker: Picker | null;
  mode: "canvas" | "outline";
  phone: boolean;
  drawer: DrawerTab | null;
  paletteTab: "user_facing" | "action" | "integration";
  /** A node that the canvas is to bring into sight; the count makes the same node a new wish. */
  wanted: { number: number; count: number } | null;
};

export type ViewActions = {
  select: (numbers: readonly number[]) => void;
  focusExit: (exit: ExitRef | null) => void;
  selectEdge: (edge: ExitRef | null) => void;
  connectFrom: (from: ViewState["connecting"]) => void;
  openPicker: (picker: Picker | null) => void;
  show: (change: Partial<Pick<ViewState, "mode" | "phone" | "drawer" | "paletteTab">>) => void;
  /** Selects a node and brings it into sight. */
  goTo: (number: number) => void;
};

export type ViewStore = ReturnType<typeof createViewStore>;

export function createViewStore(first: Partial<ViewState> = {}) {
  return createStore<ViewState & ViewActions>()((set, get) => ({
    selection: [],
    exit: null,
    edge: null,
    connecting: null,
    picker: null,
    mode: "canvas",
    phone: true,
    drawer: null,
    paletteTab: "user_facing",
    wanted: null,
    ...first,
    select: (numbers) => {
      const { selection, exit, edge } = get();
      const same = selection.length === numbers.length && numbers.every((n, i) => selection[i] === n);
      if (same && !exit && !edge) return;
      set({ selection: same ? selection : numbers, exit: null, edge: null });
    },
    focusExit: (exit) => set(exit ? { exit, edge: null, selection: [exit.node] } : { exit }),
    selectEdge: (edge) => set(edge ? { edge, selection: [], exit: null } : { edge }),
    connectFrom: (connecting) => set({ connecting, picker: null }),
    openPicker: (picker) => set({ picker, connecting: null }),
    show: (change) => set(change),
    goTo: (number) =>
      set((state) => ({
        selection: [number],
        exit: null,
        edge: null,
        wanted: { number, count: (state.wanted?.count ?? 0) + 1 },
      })),
  }));
}
