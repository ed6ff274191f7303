import { Button } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { auditQuery } from "../../api/queries";
import type { AuditEntry } from "../../api/types";
import { usePlace } from "../../app/place";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Page } from "../../components/page";
import { sentence } from "../../components/schema/fields";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago } from "../../components/time";
import styles from "./audit.module.css";

/** Who changed what, the newest first. */
export function AuditPage() {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const log = useInfiniteQuery(auditQuery(workspace.key));
  const found = log.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = [t("audit.what"), t("audit.subject"), t("audit.who"), t("audit.when")];
  return (
    <Page title={t("sections.audit")} about={t("audit.about")}>
      {log.isPending && <TableSkeleton columns={columns} />}
      {log.isError && !log.data && (
        <Failure what={t("audit.failed")} error={log.error} onRetry={() => log.refetch()} />
      )}
      {log.isSuccess && found.length === 0 && (
        <Empty icon={<IconHistory size={24} />} title={t("audit.none.title")} hint={t("audit.none.hint")} />
      )}
      {found.length > 0 && (
        <Table columns={columns} label={t("sections.audit")}>
          {found.map((entry) => (
            <Row key={entry.id} entry={entry} />
          ))}
        </Table>
      )}
      {log.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={log.isFetchingNextPage} onClick={() => log.fetchNextPage()}>
            {t("operations.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

const kinds = ["user", "api_key", "command_line", "usher"] as const;

function Row({ entry: { action, subject, actor, at, details } }: { entry: AuditEntry }) {
  const { t } = useTranslation();
  const kind = kinds.find((known) => known === actor.kind);
  return (
    <tr>
      <td>{inWords(action)}</td>
      <td>
        <div className={styles.subject}>{subject}</div>
        {Object.keys(details).length > 0 && (
          <details className={styles.details}>
            <summary>{t("audit.details")}</summary>
            <pre>{JSON.stringify(details, null, 2)}</pre>
          </details>
        )}
      </td>
      <td>
        <Named name={actor.name} below={kind ? t(`audit.kinds.${kind}`) : actor.kind} />
      </td>
      <td>
        <Ago at={at} />
      </td>
    </tr>
  );
}

/** `workflow.version_saved` as words: "Workflow version saved". */
function inWords(action: string): string {
  return sentence(action.replaceAll(/[._]/g, " "));
}
