/** Keeps the draft on the server as one edits, and never lets go of what the server does not have yet. */
import { createStore } from "zustand/vanilla";
import { Problem as ApiProblem } from "../../api/problem";
import type { EditorApi } from "../api";
import type { WorkflowDocument } from "../model/document";
import type { Problem } from "../model/problems";
import type { DraftStore } from "../state/draft";
import type { Shelf, Shelved } from "./shelf";

export type SyncState = {
  state: "kept" | "keeping" | "offline" | "changed_by_another" | "refused";
  keptAt: Date | null;
  etag: string;
  /** What the server found in the draft that it last kept. */
  problems: Problem[];
  /** Why the server refused, in its words. */
  reason: string | null;
};

/** How long typing rests before the draft is sent, and how long it may go on without being sent. */
const REST = 600;
const AT_MOST = 3000;
const RETRY = [1000, 2000, 4000, 8000, 15000, 30000];

export type Keeper = ReturnType<typeof createKeeper>;

export function createKeeper(
  api: Pick<EditorApi, "keep" | "draft">,
  draft: DraftStore,
  shelf: Shelf,
  etag: string,
) {
  const store = createStore<SyncState>()(() => ({
    state: "kept",
    keptAt: null,
    etag,
    problems: [],
    reason: null,
  }));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitingSince = 0;
  let failures = 0;
  let keptEdits = draft.getState().edits;
  let sending: Promise<void> | null = null;
  let stopped = false;

  const pending = () => draft.getState().edits !== keptEdits;

  function shelve() {
    shelf.put({ document: draft.getState().document, etag: store.getState().etag });
  }

  function later(delay: number) {
    clearTimeout(timer);
    timer = setTimeout(() => void send(), delay);
  }

  function changed() {
    const { state } = store.getState();
    if (state === "changed_by_another" || state === "offline") return shelve();
    if (state !== "keeping") store.setState({ state: "keeping", reason: null });
    const now = Date.now();
    if (!timer) waitingSince = now;
    later(Math.max(0, Math.min(REST, waitingSince + AT_MOST - now)));
  }

  async function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (sending) return sending;
    if (stopped || !pending()) return;
    const { edits, document } = draft.getState();
    sending = attempt(document, edits).finally(() => {
      sending = null;
    });
    await sending;
    const { state } = store.getState();
    if (state === "keeping" && pending()) later(REST);
  }

  async function attempt(document: WorkflowDocument, edits: number): Promise<void> {
    try {
      const kept = await api.keep(document, store.getState().etag);
      failures = 0;
      keptEdits = edits;
      const more = pending();
      if (!more) shelf.clear();
      store.setState({
        state: more ? "keeping" : "kept",
        keptAt: new Date(kept.keptAt),
        etag: kept.etag,
        problems: kept.problems,
        reason: null,
      });
    } catch (error) {
      failed(error);
    }
  }

  function failed(error: unknown) {
    shelve();
    const status = error instanceof ApiProblem ? error.status : -1;
    if (status === 412) {
      store.setState({ state: "changed_by_another" });
    } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      store.setState({ state: "refused", reason: wordsOf(error) });
    } else {
      // Offline, or a server that has trouble: try again, ever more patiently.
      store.setState({ state: "offline" });
      later(RETRY[Math.min(failures, RETRY.length - 1)] ?? 30000);
      failures += 1;
    }
  }

  let unsubscribe = () => {};
  const online = () => {
    if (store.getState().state === "offline") later(0);
  };
  const leaving = (event: BeforeUnloadEvent) => {
    if (!pending()) return;
    shelve();
    void send();
    event.preventDefault();
  };

  return {
    store,
    start() {
      stopped = false;
      unsubscribe = draft.subscribe((state, before) => {
        if (state.edits !== before.edits) changed();
      });
      window.addEventListener("online", online);
      window.addEventListener("beforeunload", leaving);
    },
    /** Takes up what an earlier visit could not send; when the draft has changed since, that is a clash. */
    recover(shelved: Shelved) {
      const theirs = store.getState().etag;
      const { next_number } = draft.getState().document;
      const document = {
        ...shelved.document,
        next_number: Math.max(next_number, shelved.document.next_number),
      };
      draft.setState((state) => ({ document, edits: state.edits + 1 }));
      if (shelved.etag !== theirs) {
        clearTimeout(timer);
        timer = undefined;
        store.setState({ state: "changed_by_another" });
      }
    },
    /** Sends now what is not kept yet; true when the server has everything. */
    async flush(): Promise<boolean> {
      if (sending) await sending;
      await send();
      return !pending();
    },
    /** After a clash: takes the other's draft and lets go of one's own. */
    async reload(): Promise<void> {
      const { document, etag: theirs } = await api.draft();
      draft.getState().load(document);
      keptEdits = draft.getState().edits;
      shelf.clear();
      store.setState({ state: "kept", etag: theirs, keptAt: null, reason: null });
    },
    /** After a clash: keeps one's own draft over the other's. Numbers given out meanwhile stay given out. */
    async overwrite(): Promise<void> {
      const { document, etag: theirs } = await api.draft();
      const mine = draft.getState().document;
      const next_number = Math.max(mine.next_number, document.next_number);
      store.setState({ state: "keeping", etag: theirs });
      await attempt({ ...mine, next_number }, draft.getState().edits);
    },
    stop() {
      if (pending()) void send();
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
      window.removeEventListener("online", online);
      window.removeEventListener("beforeunload", leaving);
    },
  };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return String(error);
  const first = error.errors[0];
  return first ? `${first.detail} (${first.pointer})` : error.message;
}
