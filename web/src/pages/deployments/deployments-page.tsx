import { Button } from "@mantine/core";
import { IconCircleCheck, IconRocket } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deploymentsQuery } from "../../api/queries";
import type { Deployment } from "../../api/types";
import { usePlace } from "../../app/place";
import { Chip } from "../../components/chip";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import { useWorkflowName } from "../workflow-name";
import styles from "./deployments.module.css";

/** What was put live, the newest first. */
export function DeploymentsPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const list = useInfiniteQuery(deploymentsQuery(workspace.key, environment));
  const found = list.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = [
    t("deployments.number"),
    t("deployments.workflows"),
    t("deployments.by"),
    t("deployments.when"),
  ];
  return (
    <Page title={t("sections.deployments")} about={t("deployments.about")}>
      {list.isPending && <TableSkeleton columns={columns} />}
      {list.isError && !list.data && (
        <Failure what={t("deployments.failed")} error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.isSuccess && found.length === 0 && (
        <Empty
          icon={<IconRocket size={24} />}
          title={t("deployments.none.title")}
          hint={t("deployments.none.hint")}
        />
      )}
      {found.length > 0 && (
        <Table columns={columns} label={t("sections.deployments")}>
          {found.map((deployment, index) => (
            <Row key={deployment.number} deployment={deployment} live={index === 0} />
          ))}
        </Table>
      )}
      {list.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t("operations.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

function Row({ deployment, live }: { deployment: Deployment; live: boolean }) {
  const { t } = useTranslation();
  const workflowName = useWorkflowName();
  const { number, note, workflows, created_by, created_at } = deployment;
  return (
    <tr>
      <td>
        <Named
          name={
            <span className={styles.number}>
              {t("deployments.name", { number })}
              {live && (
                <Chip tone="good" icon={<IconCircleCheck size={12} aria-hidden />}>
                  {t("deployments.live")}
                </Chip>
              )}
            </span>
          }
          below={note}
        />
      </td>
      <td>
        <ul className={styles.workflows}>
          {Object.entries(workflows).map(([key, version]) => (
            <li key={key}>{t("deployments.version", { name: workflowName(key), version })}</li>
          ))}
        </ul>
      </td>
      <td>{created_by ?? t("deployments.nobody")}</td>
      <td>
        <Ago at={created_at} />
      </td>
    </tr>
  );
}
