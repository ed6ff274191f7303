import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, useFacts, usePreview } from "../context";
import { leadsNowhere } from "../model/edits";
import styles from "./phone.module.css";

/** Says that the conversation came to an exit that leads nowhere, and offers to go on from there. */
export function DeadEnd() {
  const { t } = useTranslation("editor");
  const { view, workflowKey } = useEditor();
  const facts = useFacts();
  const last = usePreview((state) => (state.waitingAt === null ? state.visits.at(-1) : undefined));
  const node = useDraft((state) => (last ? state.document.nodes[String(last.node)] : undefined));
  const document = useDraft((state) => state.document);
  if (!last?.exit || !node || last.workflow !== workflowKey) return null;
  const exit = facts.node(last.node)?.exits.find((each) => each.name === last.exit);
  if (!exit || !leadsNowhere(document, node, exit.name)) return null;
  return (
    <div className={styles.deadEnd} role="status">
      <span>{t("phone.dead_end", { exit: exit.label, number: last.node })}</span>
      <Button
        size="compact-xs"
        variant="default"
        onClick={(event) => {
          const { left, top } = event.currentTarget.getBoundingClientRect();
          view.getState().goTo(last.node);
          view.getState().focusExit({ node: last.node, exit: exit.name });
          view
            .getState()
            .openPicker({ from: { node: last.node, exit: exit.name }, x: left - 240, y: top - 420 });
        }}
      >
        {t("phone.add_step")}
      </Button>
    </div>
  );
}
