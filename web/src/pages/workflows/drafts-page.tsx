import { Button, Chip as FilterChip, TextInput } from "@mantine/core";
import { IconPlus, IconSearch, IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { workflowsQuery } from "../../api/queries";
import type { WorkflowItem } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { Table, TableSkeleton } from "../../components/table";
import { counts, type Show, shown, shows } from "./filter";
import { WorkflowDialog, type WorkflowTask } from "./workflow-dialog";
import { WorkflowRow } from "./workflow-row";
import styles from "./workflows.module.css";

export function DraftsPage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const workflows = useQuery(workflowsQuery(workspace.key));
  const may = useMay("workflows.edit");
  const [task, setTask] = useState<WorkflowTask | null>(null);
  const columns = [t("workflows.name"), t("workflows.state"), t("workflows.changed"), ""];
  const make = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setTask({ what: "create" })}>
      {t("workflows.create")}
    </Button>
  );
  return (
    <Page title={t("sections.workflows")} about={t("workflows.about")} actions={make}>
      {workflows.isPending && <TableSkeleton columns={columns} />}
      {workflows.isError && (
        <Failure what={t("workflows.failed")} error={workflows.error} onRetry={() => workflows.refetch()} />
      )}
      {workflows.data?.items.length === 0 && (
        <Empty
          icon={<IconSitemap size={24} />}
          title={t("workflows.none.title")}
          hint={t("workflows.none.hint")}
        >
          {make}
        </Empty>
      )}
      {workflows.data && workflows.data.items.length > 0 && (
        <Drafts workflows={workflows.data.items} columns={columns} onTask={setTask} />
      )}
      {task && <WorkflowDialog task={task} onClose={() => setTask(null)} />}
    </Page>
  );
}

interface DraftsProps {
  workflows: WorkflowItem[];
  columns: string[];
  onTask: (task: WorkflowTask) => void;
}

function Drafts({ workflows, columns, onTask }: DraftsProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [show, setShow] = useState<Show>("all");
  const found = shown(workflows, show, search);
  const count = counts(workflows);
  return (
    <>
      <div className={styles.controls}>
        <TextInput
          className={styles.search}
          leftSection={<IconSearch size={16} />}
          aria-label={t("workflows.search")}
          placeholder={t("workflows.search")}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <FilterChip.Group value={show} onChange={(value) => setShow(value as Show)}>
          <div className={styles.chips} role="radiogroup" aria-label={t("workflows.show")}>
            {shows.map((each) => (
              <FilterChip key={each} value={each} size="xs" variant="light">
                {t(`workflows.shows.${each}`, { count: count[each] })}
              </FilterChip>
            ))}
          </div>
        </FilterChip.Group>
      </div>
      {found.length === 0 ? (
        <p className={styles.none}>
          {search ? t("workflows.not_found", { search }) : t("workflows.none_shown")}
        </p>
      ) : (
        <Table columns={columns} label={t("sections.workflows")}>
          {found.map((workflow) => (
            <WorkflowRow key={workflow.key} workflow={workflow} onTask={onTask} />
          ))}
        </Table>
      )}
    </>
  );
}
