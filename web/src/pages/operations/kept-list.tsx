import { Button, Menu } from "@mantine/core";
import {
  IconArchive,
  IconEye,
  IconFileUnknown,
  IconMailExclamation,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dropKept, retryKept } from "../../api/operations";
import { keptQuery, operationsKey } from "../../api/queries";
import type { KeptItem } from "../../api/types";
import { useMay, usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { readable } from "../../components/readable";
import { RowMenu } from "../../components/row-menu";
import { Named, Table, TableSkeleton } from "../../components/table";
import { Ago, dateAndTime } from "../../components/time";
import { failed, said } from "../../components/toast";
import { useChannel } from "../channel-of";
import { KeptDialog } from "./kept-dialog";
import styles from "./operations.module.css";

const REFRESH = 5_000;

/** What came in and could not be used: events can be tried again, webhooks only be looked at and dropped. */
export function KeptList() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const list = useInfiniteQuery({ ...keptQuery(workspace.key, environment), refetchInterval: REFRESH });
  const [shown, setShown] = useState<KeptItem | null>(null);
  const [dropping, setDropping] = useState<KeptItem | null>(null);
  const found = list.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = [
    t("kept.what"),
    t("operations.problem"),
    t("operations.channel"),
    t("operations.tries"),
    t("kept.at"),
    "",
  ];
  return (
    <>
      {list.isPending && <TableSkeleton columns={columns} />}
      {list.isError && !list.data && (
        <Failure what={t("kept.failed")} error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.isSuccess && found.length === 0 && (
        <Empty icon={<IconArchive size={24} />} title={t("kept.none.title")} hint={t("kept.none.hint")} />
      )}
      {found.length > 0 && (
        <Table columns={columns} label={t("operations.tabs.kept")}>
          {found.map((kept) => (
            <Row key={kept.id} kept={kept} onShow={() => setShown(kept)} onDrop={() => setDropping(kept)} />
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
      {shown && <KeptDialog kept={shown} onClose={() => setShown(null)} />}
      {dropping && <DropKept kept={dropping} onClose={() => setDropping(null)} />}
    </>
  );
}

function Row({ kept, onShow, onDrop }: { kept: KeptItem; onShow: () => void; onDrop: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const may = useMay("operations.manage");
  const channel = useChannel(kept.channel);
  const isEvent = kept.what === "event";
  const Icon = isEvent ? IconMailExclamation : IconFileUnknown;
  const retry = useMutation({
    mutationFn: () => retryKept(workspace.key, environment, kept.id),
    onSuccess: (outcome) => {
      if (outcome.gone) said(t("kept.retried"));
      else failed(t("kept.still"), new Error(outcome.problem ?? kept.problem));
    },
    onError: (error) => failed(t("operations.retry_failed"), error),
    onSettled: () => queries.invalidateQueries({ queryKey: operationsKey(workspace.key, environment) }),
  });
  return (
    <tr>
      <td>
        <Named
          icon={<Icon size={18} stroke={1.75} className={styles.icon} aria-hidden />}
          name={isEvent ? t("kept.event") : t("kept.webhook")}
          below={kept.address && t("kept.from", { address: kept.address })}
        />
      </td>
      <td>
        <div className={styles.problem}>{readable(kept.problem)}</div>
      </td>
      <td>{channel.name}</td>
      <td>{kept.tries ?? "–"}</td>
      <td>
        <Ago at={kept.at} />
      </td>
      <td>
        <RowMenu label={t("kept.menu", { at: dateAndTime(kept.at) })}>
          <Menu.Item leftSection={<IconEye size={16} />} onClick={onShow}>
            {t("operations.show")}
          </Menu.Item>
          {may && isEvent && (
            <Menu.Item
              leftSection={<IconRefresh size={16} />}
              disabled={retry.isPending}
              onClick={() => retry.mutate()}
            >
              {t("operations.retry")}
            </Menu.Item>
          )}
          {may && (
            <Menu.Item color="var(--u-no)" leftSection={<IconTrash size={16} />} onClick={onDrop}>
              {t("operations.drop")}
            </Menu.Item>
          )}
        </RowMenu>
      </td>
    </tr>
  );
}

function DropKept({ kept, onClose }: { kept: KeptItem; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const drop = useMutation({
    mutationFn: () => dropKept(workspace.key, environment, kept.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: operationsKey(workspace.key, environment) });
      said(t("kept.dropped"));
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={t("kept.drop_title")}
      action={t("operations.drop")}
      pending={drop.isPending}
      error={drop.error}
      onConfirm={() => drop.mutate()}
      onClose={onClose}
    >
      {t("kept.drop_what", { problem: readable(kept.problem) })}
    </Confirm>
  );
}
