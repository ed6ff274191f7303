import { Menu } from "@mantine/core";
import { IconArchive, IconArchiveOff, IconCopy, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { workflowsQuery } from "../../api/queries";
import type { WorkflowItem } from "../../api/types";
import { changeWorkflow } from "../../api/workflows";
import { useMay, usePlace } from "../../app/place";
import { Chip } from "../../components/chip";
import { TextLink } from "../../components/link";
import { RowMenu } from "../../components/row-menu";
import { Named } from "../../components/table";
import { Ago } from "../../components/time";
import { failed, said } from "../../components/toast";
import { KindTile } from "./kind-tile";
import type { WorkflowTask } from "./workflow-dialog";
import styles from "./workflows.module.css";

export function WorkflowRow({
  workflow,
  onTask,
}: {
  workflow: WorkflowItem;
  onTask: (task: WorkflowTask) => void;
}) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const may = useMay("workflows.edit");
  return (
    <tr>
      <td>
        <Named
          icon={<KindTile kind={workflow.kind} />}
          name={
            <TextLink
              to="/w/$workspace/$environment/workflows/$key"
              params={{ workspace: workspace.key, environment, key: workflow.key }}
            >
              {workflow.name}
            </TextLink>
          }
          below={[workflow.folder, workflow.description].filter(Boolean).join(" · ")}
        />
      </td>
      <td>
        <States workflow={workflow} />
      </td>
      <td>
        <Ago at={workflow.draft.updated_at} />
        {workflow.draft.updated_by && ` ${t("workflows.by", { name: workflow.draft.updated_by })}`}
      </td>
      <td>{may && <WorkflowMenu workflow={workflow} onTask={onTask} />}</td>
    </tr>
  );
}

/** Where a workflow stands: what is live, and whether something newer waits. */
function States({ workflow: { live_version, latest_version, state, archived } }: { workflow: WorkflowItem }) {
  const { t } = useTranslation();
  return (
    <div className={styles.states}>
      {live_version != null && <Chip tone="good">{t("workflows.live", { version: live_version })}</Chip>}
      {state === "draft" && <Chip>{t("workflows.draft")}</Chip>}
      {state === "saved" && latest_version != null && (
        <Chip>{t("workflows.saved", { version: latest_version })}</Chip>
      )}
      {archived && <Chip>{t("workflows.archived")}</Chip>}
    </div>
  );
}

function WorkflowMenu({
  workflow,
  onTask,
}: {
  workflow: WorkflowItem;
  onTask: (task: WorkflowTask) => void;
}) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const archive = useMutation({
    mutationFn: (archived: boolean) => changeWorkflow(workspace.key, workflow.key, { archived }),
    onSuccess: async (_, archived) => {
      await queries.invalidateQueries({ queryKey: workflowsQuery(workspace.key).queryKey });
      said(t(archived ? "workflows.was_archived" : "workflows.was_restored", { name: workflow.name }));
    },
    onError: (error) => failed(t("workflows.change_failed", { name: workflow.name }), error),
  });
  return (
    <RowMenu label={t("workflows.menu", { name: workflow.name })}>
      <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => onTask({ what: "rename", workflow })}>
        {t("workflows.rename")}
      </Menu.Item>
      <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => onTask({ what: "duplicate", workflow })}>
        {t("workflows.duplicate")}
      </Menu.Item>
      <Menu.Item
        leftSection={workflow.archived ? <IconArchiveOff size={16} /> : <IconArchive size={16} />}
        onClick={() => archive.mutate(!workflow.archived)}
      >
        {workflow.archived ? t("workflows.restore") : t("workflows.archive")}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        color="var(--u-no)"
        leftSection={<IconTrash size={16} />}
        onClick={() => onTask({ what: "delete", workflow })}
      >
        {t("workflows.delete")}
      </Menu.Item>
    </RowMenu>
  );
}
