/** What the parts of one open editor share. */
import { createContext, useContext, useMemo } from "react";
import { useStore } from "zustand";
import type { EditorApi, Named } from "./api";
import type { Catalogue, TypeIndex } from "./model/catalogue";
import type { WorkflowDocument } from "./model/document";
import type { Facts } from "./model/facts";
import { joinProblems, type Problem } from "./model/problems";
import type { PreviewSession, PreviewState } from "./phone/preview";
import type { Actions } from "./state/actions";
import type { DraftState, DraftStore } from "./state/draft";
import type { StatisticsState, StatisticsStore } from "./state/statistics";
import type { ViewActions, ViewState, ViewStore } from "./state/view";
import type { Keeper, SyncState } from "./sync/keeper";

export type EditorParts = {
  api: EditorApi;
  workspace: string;
  workflowKey: string;
  readOnly: boolean;
  /** What is shown is what is live, not the draft. */
  production: boolean;
  catalogue: Catalogue;
  types: TypeIndex;
  workflows: readonly Named[];
  draft: DraftStore;
  view: ViewStore;
  keeper: Keeper;
  preview: PreviewSession;
  statistics: StatisticsStore;
  actions: Actions;
  /** The count of edits that the latest version holds. */
  savedEdits: { current: number };
  factsOf: (document: WorkflowDocument) => Facts;
};

export const EditorContext = createContext<EditorParts | null>(null);

export function useEditor(): EditorParts {
  const parts = useContext(EditorContext);
  if (!parts) throw new Error("this part of the editor is drawn inside <Editor> only");
  return parts;
}

export const useDraft = <T>(select: (state: DraftState) => T): T => useStore(useEditor().draft, select);
export const useView = <T>(select: (state: ViewState & ViewActions) => T): T =>
  useStore(useEditor().view, select);
export const useSync = <T>(select: (state: SyncState) => T): T => useStore(useEditor().keeper.store, select);
export const usePreview = <T>(select: (state: PreviewState) => T): T =>
  useStore(useEditor().preview.store, select);
export const useStatistics = <T>(select: (state: StatisticsState) => T): T =>
  useStore(useEditor().statistics.store, select);

export function useFacts(): Facts {
  const { factsOf } = useEditor();
  return factsOf(useDraft((state) => state.document));
}

/** The editor's own findings and the server's. */
export function useProblems(): Problem[] {
  const facts = useFacts();
  const server = useSync((state) => state.problems);
  return useMemo(() => joinProblems(facts.problems, server), [facts, server]);
}
