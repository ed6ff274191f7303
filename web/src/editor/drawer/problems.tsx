import { IconAlertTriangle, IconExclamationCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useProblemWords } from "../canvas/words";
import { useEditor, useFacts } from "../context";
import type { Problem } from "../model/problems";
import styles from "./drawer.module.css";

/** What is wrong, worst first; a line goes to its node. */
export function Problems({ problems }: { problems: readonly Problem[] }) {
  const { t } = useTranslation("editor");
  const { view } = useEditor();
  const words = useProblemWords();
  const facts = useFacts();
  if (problems.length === 0) return <p className={styles.none}>{t("drawer.no_problems")}</p>;
  return (
    <ul className={styles.list}>
      {problems.map((problem, index) => {
        const Shape = problem.severity === "error" ? IconExclamationCircle : IconAlertTriangle;
        const { node } = problem;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two findings may read the same
          <li key={index}>
            <button
              type="button"
              className={styles.entry}
              disabled={node === null}
              onClick={() => {
                if (node === null) return;
                view.getState().goTo(node);
                if (problem.exit) view.getState().focusExit({ node, exit: problem.exit });
              }}
            >
              <Shape
                size={15}
                className={styles.severity}
                data-severity={problem.severity}
                aria-label={t(`severity.${problem.severity}`)}
              />
              <span className={styles.number}>{node ?? ""}</span>
              <span className={styles.words}>{words(problem)}</span>
              <span className={styles.where}>{node === null ? "" : facts.node(node)?.heading}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
