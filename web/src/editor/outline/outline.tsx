import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { TypeIcon } from "../canvas/icons";
import { MarkIcon } from "../canvas/node-card";
import { toneOf } from "../canvas/words";
import { useDraft, useEditor, useFacts, useProblems, useView } from "../context";
import { TargetSelect } from "../form/target-select";
import styles from "./outline.module.css";

/** The workflow as a list: nodes by number, their exits nested, all of it to be edited by keys. */
export function Outline() {
  const { t } = useTranslation("editor");
  const { actions, readOnly, view } = useEditor();
  const facts = useFacts();
  const problems = useProblems();
  const start = useDraft((state) => state.document.start);
  const selection = useView((state) => state.selection);
  const list = useRef<HTMLOListElement>(null);

  const onKeyDown = (event: React.KeyboardEvent, number: number) => {
    const at = facts.numbers.indexOf(number);
    const to = event.key === "ArrowDown" ? at + 1 : event.key === "ArrowUp" ? at - 1 : -1;
    if (event.key === "Delete" && !readOnly) {
      event.preventDefault();
      actions.remove(number);
      return;
    }
    const next = facts.numbers[to];
    if (next === undefined) return;
    event.preventDefault();
    view.getState().select([next]);
    list.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus();
  };

  return (
    <section className={styles.outline} aria-label={t("outline.label")}>
      {facts.numbers.length === 0 && <p className={styles.none}>{t("outline.none")}</p>}
      <ol className={styles.list} ref={list}>
        {facts.numbers.map((number) => {
          const node = facts.node(number);
          const own = problems.filter((problem) => problem.node === number && !problem.exit);
          if (!node) return null;
          return (
            <li key={number} className={styles.node} data-selected={selection.includes(number) || undefined}>
              <div className={styles.line}>
                <button
                  type="button"
                  className={styles.row}
                  data-row={number}
                  onClick={() => view.getState().select([number])}
                  onKeyDown={(event) => onKeyDown(event, number)}
                >
                  <span className={styles.number}>{number}</span>
                  <TypeIcon icon={node.type?.icon} family={node.type?.family} />
                  <span className={styles.heading}>{node.heading}</span>
                  {start === number && <span className={styles.start}>{t("canvas.start")}</span>}
                  <span className={styles.summary}>{node.summary}</span>
                </button>
                {own[0] && <MarkIcon mark={{ severity: own[0].severity, problems: own }} />}
                {!readOnly && (
                  <Tooltip label={t("card.remove")}>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size={24}
                      aria-label={t("outline.remove", { number })}
                      onClick={() => actions.remove(number)}
                    >
                      <IconTrash size={15} />
                    </ActionIcon>
                  </Tooltip>
                )}
              </div>
              {node.exits.length > 0 && (
                <ul className={styles.exits}>
                  {node.exits.map((exit) => (
                    <li key={exit.name} className={styles.exit}>
                      <span className={styles.exitName} data-tone={toneOf(exit.name)}>
                        {exit.name === "yes" && <IconCheck size={14} stroke={2.4} aria-hidden />}
                        {exit.name === "no" && <IconX size={14} stroke={2.4} aria-hidden />}
                        {exit.label || t("exit.unnamed")}
                      </span>
                      <span className={styles.target}>
                        <TargetSelect number={number} exit={exit.name} label={exit.label} />
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ol>
      {!readOnly && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={(event) => {
            const { left, top } = event.currentTarget.getBoundingClientRect();
            const [one] = selection;
            const free = one === undefined ? undefined : facts.problems.find((p) => p.node === one && p.exit);
            const from =
              free?.exit && one !== undefined ? { node: one, exit: free.exit } : ("start" as const);
            view.getState().openPicker({ from, x: left, y: top - 200 });
          }}
        >
          {t("outline.add")}
        </Button>
      )}
    </section>
  );
}
