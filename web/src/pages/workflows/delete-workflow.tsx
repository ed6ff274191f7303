import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { workflowsQuery } from "../../api/queries";
import type { Pointer, WorkflowItem } from "../../api/types";
import { deleteWorkflow } from "../../api/workflows";
import { usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { said } from "../../components/toast";
import { useWorkflowName } from "../workflow-name";
import styles from "./workflows.module.css";

/** Asks before a workflow is deleted, and lists what points at it when the server refuses. */
export function DeleteWorkflow({ workflow, onClose }: { workflow: WorkflowItem; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteWorkflow(workspace.key, workflow.key),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: workflowsQuery(workspace.key).queryKey });
      said(t("workflows.was_deleted", { name: workflow.name }));
      onClose();
    },
  });
  const words = usePointerWords();
  const pointers = pointersOf(remove.error);
  return (
    <Confirm
      opened
      title={t("workflows.delete_title", { name: workflow.name })}
      action={t("workflows.delete")}
      pending={remove.isPending}
      error={pointers.length > 0 ? undefined : remove.error}
      refused={pointers.length > 0}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {pointers.length === 0 ? (
        t("workflows.delete_what", { name: workflow.name })
      ) : (
        <div role="alert">
          {t("workflows.delete_refused", { name: workflow.name })}
          <ul className={styles.pointers}>
            {pointers.map((pointer) => (
              <li key={JSON.stringify(pointer)}>{words(pointer)}</li>
            ))}
          </ul>
        </div>
      )}
    </Confirm>
  );
}

/** What points at the workflow, when that is why the server does not delete it. */
function pointersOf(error: unknown): Pointer[] {
  if (!(error instanceof Problem) || error.code !== "in_use") return [];
  const { pointers } = error.document;
  return Array.isArray(pointers) ? (pointers as Pointer[]) : [];
}

/** One of the list, in words: "Route chat in production", "Returns, node 4". */
function usePointerWords() {
  const { t } = useTranslation();
  const workflowName = useWorkflowName();
  return ({ kind, key, environment, node }: Pointer) => {
    const what = kind === "route" ? t("pointers.route", { key }) : workflowName(key);
    const place = environment && t(`pointers.in.${environment}`);
    const at = node !== undefined && t("pointers.node", { node });
    return [[what, place].filter(Boolean).join(" "), at].filter(Boolean).join(", ");
  };
}
