import { Panel } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { useEditor, useStatistics } from "../context";
import styles from "./node-counts.module.css";

/** Over a card: how many conversations came to the node, and what was lost there. */
export function NodeCounts({ number }: { number: number }) {
  const { t } = useTranslation("editor");
  const tally = useStatistics((state) => state.byNode.get(number));
  if (!tally) return null;
  const { entered, droppedOff, failed } = tally;
  return (
    <p className={styles.counts}>
      <span>{t("counts.entered", { count: entered })}</span>
      {droppedOff > 0 && (
        <span className={styles.lost}>{t("counts.dropped_off", { count: droppedOff })}</span>
      )}
      {failed > 0 && <span className={styles.lost}>{t("counts.failed", { count: failed })}</span>}
    </p>
  );
}

/** Says of which time the counts are, once there are any. */
export function CountsSpan() {
  const { t } = useTranslation("editor");
  const { readOnly } = useEditor();
  const any = useStatistics((state) => state.byNode.size > 0);
  if (!readOnly || !any) return null;
  return (
    <Panel position="top-left" className={styles.span}>
      {t("counts.span")}
    </Panel>
  );
}
