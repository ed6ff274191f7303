import { notifications } from "@mantine/notifications";
import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { EditorProps } from ".";
import type { EditorApi } from "./api";
import { Canvas } from "./canvas/canvas";
import { Picker } from "./canvas/picker";
import { EditorContext, type EditorParts } from "./context";
import { Drawer } from "./drawer/drawer";
import styles from "./editor.module.css";
import { NodeForm } from "./form/node-form";
import { Header } from "./header/header";
import { indexTypes } from "./model/catalogue";
import type { WorkflowDocument } from "./model/document";
import { factFinder } from "./model/facts";
import type { Opened } from "./opening";
import { Outline } from "./outline/outline";
import { Palette } from "./palette/palette";
import { Phone } from "./phone/phone";
import { createPreview } from "./phone/preview";
import { createActions } from "./state/actions";
import { createDraftStore } from "./state/draft";
import { createStatistics } from "./state/statistics";
import { createViewStore } from "./state/view";
import { createKeeper } from "./sync/keeper";
import { browserShelf } from "./sync/shelf";
import { useWindowKeys } from "./window-keys";

type Props = EditorProps & { api: EditorApi; opened: Opened };

const PHONE = "usher.editor.phone";

/** The editor, once everything is read. */
export function Loaded(props: Props) {
  const { t } = useTranslation("editor");
  const failed = useCallback(
    (error: unknown) =>
      notifications.show({
        color: "red",
        title: t("no_number"),
        message: error instanceof Error ? error.message : String(error),
      }),
    [t],
  );
  const made = useRef<EditorParts | null>(null);
  made.current ??= makeParts(props, failed);
  const parts = made.current;
  useLife(parts, props);
  const root = useRef<HTMLDivElement>(null);
  useGlobalKeys(parts, root);
  const phone = useStore(parts.view, (state) => state.phone) && !parts.readOnly;
  const mode = useStore(parts.view, (state) => state.mode);
  return (
    <EditorContext value={parts}>
      <div className={styles.editor} ref={root}>
        <Header
          onDeploy={props.onDeploy}
          live={props.opened.live}
          production={props.environment === "production"}
        />
        <div className={styles.middle}>
          <div className={styles.main}>
            <div className={styles.canvas}>{mode === "canvas" ? <Canvas /> : <Outline />}</div>
            <Drawer />
          </div>
          {phone && (
            <aside className={styles.phone}>
              <Phone hints={props.hints ?? []} />
            </aside>
          )}
          <RightPanel parts={parts} />
        </div>
        <Picker />
      </div>
    </EditorContext>
  );
}

/** The palette; with a node selected, that node's form. */
function RightPanel({ parts }: { parts: EditorParts }) {
  const { t } = useTranslation("editor");
  const selection = useStore(parts.view, (state) => state.selection);
  const document = useStore(parts.draft, (state) => state.document);
  const [one] = selection;
  const chosen = selection.length === 1 && one !== undefined && document.nodes[String(one)] ? one : null;
  if (chosen === null && parts.readOnly) return null;
  return (
    <aside
      className={styles.side}
      data-palette={chosen === null || undefined}
      aria-label={chosen === null ? t("palette.label") : t("form.label", { number: chosen })}
    >
      {chosen === null ? <Palette /> : <NodeForm key={chosen} number={chosen} />}
    </aside>
  );
}

function makeParts(props: Props, failed: (error: unknown) => void): EditorParts {
  const { api, opened, workspace, workflowKey, readOnly, openPreview } = props;
  const types = indexTypes(opened.catalogue);
  const factsOf = factFinder(types);
  const draft = createDraftStore(opened.document, readOnly);
  const shown = localStorage.getItem(PHONE) !== "closed" && window.innerWidth >= 1200;
  const view = createViewStore({
    phone: !readOnly && (openPreview || shown),
    mode: window.innerWidth < 768 ? "outline" : "canvas",
  });
  const keeper = createKeeper(api, draft, browserShelf(workspace, workflowKey), opened.etag);
  return {
    api,
    workspace,
    workflowKey,
    readOnly,
    production: props.environment === "production",
    catalogue: opened.catalogue,
    types,
    workflows: opened.workflows,
    draft,
    view,
    keeper,
    factsOf,
    preview: createPreview(api, keeper.flush),
    statistics: createStatistics(api),
    actions: createActions({ api, catalogue: opened.catalogue, types, draft, view, factsOf, failed }),
    savedEdits: { current: 0 },
  };
}

/** What lives as long as the editor is open. */
function useLife(parts: EditorParts, { opened, onFirstStep }: Props) {
  const { draft, keeper, preview, readOnly, statistics, view } = parts;
  const tell = useRef(onFirstStep);
  tell.current = onFirstStep;

  useEffect(() => {
    keeper.start();
    if (readOnly) statistics.start();
    if (opened.shelved) keeper.recover(opened.shelved);
    const stopDraft = draft.subscribe((now, before) => {
      const what = changeOf(before.document, now.document);
      if (what !== null) preview.outdate();
      if (what === "step" || what === "word") tell.current?.(what);
    });
    const stopPreview = preview.store.subscribe((now, before) => {
      if (now.answers.length > before.answers.length && !now.replaying) tell.current?.("talk");
    });
    const stopView = view.subscribe((now, before) => {
      if (now.phone !== before.phone) localStorage.setItem(PHONE, now.phone ? "open" : "closed");
    });
    return () => {
      stopDraft();
      stopPreview();
      stopView();
      preview.stop();
      statistics.stop();
      keeper.stop();
    };
  }, [opened, draft, keeper, preview, readOnly, statistics, view]);
}

/** What an edit meant to the conversation: a step was added, a word changed, something else, or nothing. */
function changeOf(before: WorkflowDocument, now: WorkflowDocument): "step" | "word" | "other" | null {
  if (before.nodes === now.nodes) return before.start === now.start ? null : "other";
  const numbers = Object.keys(now.nodes);
  if (numbers.length > Object.keys(before.nodes).length) return "step";
  const changed = numbers.filter((number) => before.nodes[number] !== now.nodes[number]);
  if (changed.some((number) => before.nodes[number]?.settings !== now.nodes[number]?.settings)) return "word";
  const same = changed.every((number) => before.nodes[number]?.exits === now.nodes[number]?.exits);
  return same && numbers.length === Object.keys(before.nodes).length ? null : "other";
}

/** Undo and redo wherever one is, also in a field: there is one history, the document's. Esc goes back a step. */
function useGlobalKeys({ draft, view, readOnly }: EditorParts, root: RefObject<HTMLElement | null>): void {
  const onKey = useCallback(
    (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      const command = event.ctrlKey || event.metaKey;
      const inDialog = (event.target as HTMLElement).closest("[role=dialog]") !== null;
      if (command && !inDialog && !readOnly && (key === "z" || key === "y")) {
        event.preventDefault();
        event.stopPropagation();
        if (key === "y" || event.shiftKey) draft.getState().redo();
        else draft.getState().undo();
      } else if (command && key === "f" && !inDialog) {
        event.preventDefault();
        view.getState().show({ drawer: "find" });
      } else if (event.key === "Escape" && !inDialog) {
        const { connecting, connectFrom } = view.getState();
        if (connecting) {
          event.stopPropagation();
          connectFrom(null);
        } else if (
          event.target === window.document.body ||
          (event.target as HTMLElement).closest(".react-flow")
        ) {
          view.getState().select([]);
        }
      }
    },
    [draft, view, readOnly],
  );
  useWindowKeys(root, onKey, true);
}
