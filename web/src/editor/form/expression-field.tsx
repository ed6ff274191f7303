import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
} from "@codemirror/autocomplete";
import { standardKeymap } from "@codemirror/commands";
import { EditorState, type Extension, Prec } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  MatchDecorator,
  placeholder as placeholderOf,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Variable } from "../model/variables";
import { completions } from "./completion";
import { completionTheme } from "./editor-theme";
import styles from "./expression-field.module.css";

type Props = {
  value: string;
  onChange: (value: string) => void;
  onLeave: () => void;
  variables: readonly Variable[];
  /** The whole field is an expression, without braces. */
  bare?: boolean;
  multiline?: boolean;
  readOnly?: boolean;
  invalid?: boolean;
  placeholder?: string;
  labelledBy?: string;
  describedBy?: string;
  label?: string;
};

const matcher = new MatchDecorator({
  regexp: /\{\{.*?\}\}/g,
  decoration: Decoration.mark({ class: styles.expression ?? "" }),
});

const highlight = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = matcher.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Enter goes on to nowhere in a field of one line; pasted line breaks become spaces. */
const oneLine: Extension = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines <= 1) return transaction;
  const text = transaction.newDoc.toString().replace(/\s*\n\s*/g, " ");
  return {
    changes: { from: 0, to: transaction.startState.doc.length, insert: text },
    selection: { anchor: text.length },
  };
});

/** A text field that knows expressions. What it shows is the document's; it keeps no history of its own. */
export function ExpressionField(props: Props) {
  const { value, bare = false, multiline = false, readOnly = false } = props;
  const { t } = useTranslation("editor");
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once per kind of field; all else is read through `latest`
  useEffect(() => {
    if (!host.current) return;
    const { labelledBy, describedBy, label, placeholder } = latest.current;
    const source = completions({
      bare,
      variables: () => latest.current.variables,
      setBy: (variable) =>
        variable.setBy === null ? t("form.built_in") : t("form.set_by", { number: variable.setBy }),
    });
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          Prec.high(
            keymap.of([
              {
                key: "Escape",
                run: (editor) =>
                  completionStatus(editor.state) === "active" ? closeCompletion(editor) : false,
              },
              { key: "Tab", run: acceptCompletion },
              ...(multiline ? [] : [{ key: "Enter", run: () => true }]),
            ]),
          ),
          keymap.of([...completionKeymap, ...standardKeymap]),
          autocompletion({ override: [source], icons: false, closeOnBlur: true }),
          completionTheme,
          highlight,
          multiline ? EditorView.lineWrapping : oneLine,
          EditorState.readOnly.of(readOnly),
          EditorView.editable.of(!readOnly),
          EditorView.contentAttributes.of({
            ...(labelledBy ? { "aria-labelledby": labelledBy } : { "aria-label": label ?? "" }),
            ...(describedBy ? { "aria-describedby": describedBy } : {}),
            "aria-multiline": String(multiline),
          }),
          placeholder ? placeholderOf(placeholder) : [],
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.every((each) => each.isUserEvent("set"))) {
              latest.current.onChange(update.state.doc.toString());
            }
            if (update.focusChanged && !update.view.hasFocus) latest.current.onLeave();
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [bare, multiline, readOnly]);

  // The document changed by another hand (undo, a reload): the field follows.
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      userEvent: "set",
    });
  }, [value]);

  return (
    <div
      ref={host}
      className={styles.field}
      data-multiline={multiline || undefined}
      data-bare={bare || undefined}
      data-invalid={props.invalid || undefined}
      data-read-only={readOnly || undefined}
    />
  );
}
