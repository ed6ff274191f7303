import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { routesQuery, workflowQuery, workspaceQuery } from "../../api/queries";
import { deploy } from "../../api/workflows";
import { tick } from "../../app/first-steps";
import { usePlace } from "../../app/place";
import { FormProblem } from "../../components/form-problem";
import { Deployed } from "./deployed";

interface Props {
  workflowKey: string;
  version: number;
  onClose: () => void;
  onOpenRoutes: () => void;
}

/** Asks once, puts the version live, and ends with the chat to try it in. */
export function DeployDialog({ workflowKey, version, onClose, onOpenRoutes }: Props) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const settings = useQuery(workspaceQuery(workspace.key));
  const workflow = useQuery(workflowQuery(workspace.key, workflowKey));
  const name = workflow.data?.name ?? workflowKey;
  const live = workflow.data?.live_version ?? null;
  const put = useMutation({
    mutationFn: () =>
      deploy(workspace.key, "production", {
        workflows: { [workflowKey]: version },
        note: note.trim() === "" ? undefined : note.trim(),
      }),
    onSuccess: async () => {
      tick("deploy", workspace.key);
      await Promise.all([
        queries.invalidateQueries({ queryKey: [workspace.key, "workflows"] }),
        queries.invalidateQueries({ queryKey: [workspace.key, "production"] }),
        queries.prefetchQuery(routesQuery(workspace.key, "production")),
      ]);
    },
  });
  const done = put.isSuccess;
  return (
    <Modal
      opened
      onClose={onClose}
      size={done ? 520 : 440}
      title={done ? t("deploy.done", { version }) : t("deploy.title", { version, name })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {done ? (
        <Deployed workflowKey={workflowKey} onClose={onClose} onOpenRoutes={onOpenRoutes} />
      ) : (
        <Stack gap={16}>
          <div>
            {live === null ? t("deploy.first") : t("deploy.replaces", { live })} {t("deploy.running")}
          </div>
          <Textarea
            label={t("deploy.note")}
            description={
              settings.data?.approval_required === false ? t("deploy.without_approval") : undefined
            }
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            autosize
            minRows={2}
            maxRows={6}
          />
          <FormProblem error={put.error} detailed />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button loading={put.isPending} onClick={() => put.mutate()} data-autofocus>
              {t("deploy.action", { version })}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
