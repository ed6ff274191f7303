import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { workflowsQuery } from "../../api/queries";
import type { WorkflowItem } from "../../api/types";
import { changeWorkflow, createWorkflow, duplicateWorkflow } from "../../api/workflows";
import { usePlace } from "../../app/place";
import { NameDialog } from "../../components/name-dialog";
import { said } from "../../components/toast";
import { DeleteWorkflow } from "./delete-workflow";

export type WorkflowTask =
  | { what: "create" }
  | { what: "rename" | "duplicate" | "delete"; workflow: WorkflowItem };

/** The dialog of the one thing that is being done to a workflow of the list. */
export function WorkflowDialog({ task, onClose }: { task: WorkflowTask; onClose: () => void }) {
  if (task.what === "create") return <Create onClose={onClose} />;
  if (task.what === "rename") return <Rename workflow={task.workflow} onClose={onClose} />;
  if (task.what === "duplicate") return <Duplicate workflow={task.workflow} onClose={onClose} />;
  return <DeleteWorkflow workflow={task.workflow} onClose={onClose} />;
}

function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const navigate = useNavigate();
  const refresh = useRefresh();
  const create = useMutation({
    mutationFn: (name: string) => createWorkflow(workspace.key, { name }),
    onSuccess: async ({ key }) => {
      await refresh();
      await navigate({
        to: "/w/$workspace/$environment/workflows/$key",
        params: { workspace: workspace.key, environment: "sandbox", key },
      });
    },
  });
  return (
    <NameDialog
      title={t("workflows.create")}
      label={t("fields.name")}
      action={t("workflows.create_action")}
      pending={create.isPending}
      error={create.error}
      onName={create.mutate}
      onClose={onClose}
    />
  );
}

function Rename({ workflow, onClose }: { workflow: WorkflowItem; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const refresh = useRefresh();
  const rename = useMutation({
    mutationFn: (name: string) => changeWorkflow(workspace.key, workflow.key, { name }),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  return (
    <NameDialog
      title={t("workflows.rename_title", { name: workflow.name })}
      label={t("fields.name")}
      action={t("workflows.rename")}
      initial={workflow.name}
      pending={rename.isPending}
      error={rename.error}
      onName={rename.mutate}
      onClose={onClose}
    />
  );
}

function Duplicate({ workflow, onClose }: { workflow: WorkflowItem; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const refresh = useRefresh();
  const duplicate = useMutation({
    mutationFn: (name: string) => duplicateWorkflow(workspace.key, workflow.key, name),
    onSuccess: async (copy) => {
      await refresh();
      said(t("workflows.was_duplicated", { name: copy.name }));
      onClose();
    },
  });
  return (
    <NameDialog
      title={t("workflows.duplicate_title", { name: workflow.name })}
      label={t("fields.name")}
      action={t("workflows.duplicate")}
      initial={t("workflows.copy_of", { name: workflow.name })}
      pending={duplicate.isPending}
      error={duplicate.error}
      onName={duplicate.mutate}
      onClose={onClose}
    />
  );
}

function useRefresh() {
  const { workspace } = usePlace();
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: workflowsQuery(workspace.key).queryKey });
}
