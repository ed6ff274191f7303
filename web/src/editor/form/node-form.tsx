import { ActionIcon, Select, Textarea, TextInput, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { TypeIcon } from "../canvas/icons";
import { MarkIcon } from "../canvas/node-card";
import { useProblemWords } from "../canvas/words";
import { useDraft, useEditor, useFacts, useProblems } from "../context";
import { same } from "../model/diff";
import type { Json, Settings as Values } from "../model/document";
import { changeType } from "../model/edits";
import { variablesBefore } from "../model/variables";
import { Exits } from "./exits";
import styles from "./form.module.css";
import { FormContext, type FormParts, type Path } from "./form-context";
import { pointerOf, type Root, withValue } from "./schema";
import { Settings } from "./settings";

/** The same object for as long as its content is the same, so that typing in one field draws no other anew. */
function useStable<T>(value: T): T {
  const kept = useRef(value);
  if (kept.current !== value && !same(kept.current, value)) kept.current = value;
  return kept.current;
}

/** The form of one node: its title, its settings by the schema of its type, its exits, its note. */
export function NodeForm({ number }: { number: number }) {
  const { t } = useTranslation("editor");
  const { actions, catalogue, draft, readOnly, types, view } = useEditor();
  const document = useDraft((state) => state.document);
  const facts = useFacts();
  const problems = useProblems();
  const words = useProblemWords();
  const node = document.nodes[String(number)];
  const type = node && types.get(node.type);
  const root: Root = type?.schema ?? false;
  const scroll = useRef<HTMLDivElement>(null);

  const own = useStable(useMemo(() => problems.filter((each) => each.node === number), [problems, number]));
  const variables = useStable(
    useMemo(() => variablesBefore(document, types, facts.edges, number), [document, types, facts, number]),
  );
  const parts = useMemo<FormParts>(
    () => ({
      root,
      number,
      readOnly,
      languages: document.languages,
      variables,
      problems: own,
      exitLists: new Set((type?.exits ?? []).flatMap((rule) => ("each" in rule ? [rule.each] : []))),
      set: (path: Path, value: Json | undefined) => {
        const now = draft.getState().document.nodes[String(number)];
        if (now) actions.settings(number, withValue(now.settings, path, value) as Values, pointerOf(path));
      },
      leave: () => draft.getState().seal(),
    }),
    [root, number, readOnly, document.languages, variables, own, type, actions, draft],
  );

  if (!node) return null;
  const ofNode = own.filter((problem) => !problem.exit && !problem.pointer);
  const operations = type?.system ? catalogue.types.filter((each) => each.system === type.system) : [];
  const { perform, seal } = draft.getState();
  return (
    <FormContext value={parts}>
      <section
        className={styles.form}
        aria-label={t("form.label", { number })}
        onKeyDown={(event) => {
          // An open list closes by the same key, and only that.
          const inList = (event.target as HTMLElement).matches("[aria-haspopup=listbox][aria-controls]");
          if (event.key === "Escape" && !event.defaultPrevented && !inList) view.getState().select([]);
        }}
      >
        <header className={styles.head}>
          <TypeIcon icon={type?.icon} family={type?.family} />
          <span className={styles.headNumber}>{number}</span>
          <h2 className={styles.headTitle}>{type?.title ?? node.type}</h2>
          {ofNode[0] && <MarkIcon mark={{ severity: ofNode[0].severity, problems: ofNode }} />}
          <Tooltip label={t("form.close")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={28}
              aria-label={t("form.close")}
              onClick={() => view.getState().select([])}
            >
              <IconX size={16} />
            </ActionIcon>
          </Tooltip>
        </header>
        <div className={styles.scroll} ref={scroll}>
          {ofNode.map((problem) => (
            <p key={words(problem)} className={styles.nodeProblems} data-severity={problem.severity}>
              {words(problem)}
            </p>
          ))}
          <TextInput
            className={styles.field}
            label={t("form.title")}
            placeholder={type?.title}
            value={node.title ?? ""}
            disabled={readOnly}
            maxLength={120}
            onChange={(event) =>
              perform({ do: "title", number, title: event.currentTarget.value }, `${number} title`)
            }
            onBlur={seal}
          />
          {operations.length > 1 && (
            <Select
              className={styles.field}
              label={t("form.operation")}
              data={operations.map((each) => ({ value: each.type, label: each.title }))}
              value={node.type}
              disabled={readOnly}
              allowDeselect={false}
              onChange={(chosen) => {
                const other = chosen && types.get(chosen);
                if (other) perform(changeType(document, number, other));
              }}
            />
          )}
          {type && typeof root === "object" && <Settings type={type} schema={root} values={node.settings} />}
          {!type && <pre className={styles.about}>{JSON.stringify(node.settings, null, 2)}</pre>}
          <Exits number={number} />
          <Textarea
            className={styles.note}
            label={t("form.note")}
            description={t("form.note_help")}
            value={node.note ?? ""}
            disabled={readOnly}
            autosize
            minRows={2}
            maxRows={8}
            onChange={(event) =>
              perform({ do: "note", number, note: event.currentTarget.value }, `${number} note`)
            }
            onBlur={seal}
          />
        </div>
      </section>
    </FormContext>
  );
}
