import { useTranslation } from "react-i18next";
import { useEditor, useFacts, usePreview } from "../context";
import styles from "./drawer.module.css";

/** Every step of the preview: the node, what it set, by which exit it was left, and what there is to know. */
export function Log() {
  const { t } = useTranslation("editor");
  const { view, workflowKey } = useEditor();
  const facts = useFacts();
  const visits = usePreview((state) => state.visits);
  const waitingAt = usePreview((state) => state.waitingAt);
  if (visits.length === 0) return <p className={styles.none}>{t("drawer.no_log")}</p>;
  return (
    <ol className={styles.list}>
      {visits.map((visit, index) => {
        const here = visit.workflow === workflowKey;
        const node = here ? facts.node(visit.node) : undefined;
        const waits = index === visits.length - 1 && waitingAt === visit.node;
        const exit = node?.exits.find((each) => each.name === visit.exit)?.label ?? visit.exit;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a log only grows at its end
          <li key={index}>
            <button
              type="button"
              className={styles.entry}
              disabled={!here}
              onClick={() => view.getState().goTo(visit.node)}
            >
              <time className={styles.time}>{timeOf(visit.at)}</time>
              <span className={styles.number}>{visit.node}</span>
              <span className={styles.step}>{node?.heading ?? `${visit.workflow} · ${visit.type}`}</span>
              <span className={styles.words}>
                {visit.sets?.map((set) => (
                  <code key={set.name} className={styles.set}>
                    {set.name} = {shown(set.value)}
                  </code>
                ))}
                {visit.notes?.map((note) => (
                  <span key={note.text} className={styles.noteText} data-level={note.level}>
                    {note.text}
                  </span>
                ))}
              </span>
              <span className={styles.where}>
                {exit ? t("drawer.left_by", { exit }) : waits ? t("drawer.waits") : ""}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function timeOf(at: string | undefined): string {
  if (!at) return "";
  const time = new Date(at);
  return Number.isNaN(time.valueOf()) ? "" : time.toLocaleTimeString(undefined, { hour12: false });
}

const LONGEST = 160;

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
