import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconMailOff, IconRefresh, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type DeadLetterFilter, retryDeadLetters } from "../../api/operations";
import { channelsQuery, deadLettersQuery, operationsKey } from "../../api/queries";
import { useMay, usePlace } from "../../app/place";
import { Confirm } from "../../components/confirm";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { Table, TableSkeleton } from "../../components/table";
import { said } from "../../components/toast";
import { DeadLetterRow } from "./dead-letter-row";
import styles from "./operations.module.css";

const REFRESH = 5_000;

/** What could not be sent: found by channel and error, tried again one by one or together, or dropped. */
export function DeadLetters() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const { channel, error } = useSearch({ from: "/w/$workspace/$environment/operations" });
  const filter: DeadLetterFilter = { channel, error };
  const filtered = channel !== undefined || error !== undefined;
  const may = useMay("operations.manage");
  const [asking, setAsking] = useState(false);
  const list = useInfiniteQuery({
    ...deadLettersQuery(workspace.key, environment, filter),
    refetchInterval: REFRESH,
  });
  const found = list.data?.pages.flatMap((page) => page.items) ?? [];
  const empty = list.isSuccess && found.length === 0;
  const columns = [
    t("dead_letters.message"),
    t("operations.problem"),
    t("operations.channel"),
    t("operations.tries"),
    t("dead_letters.given_up"),
    "",
  ];
  return (
    <>
      {!(empty && !filtered) && (
        <div className={styles.filters}>
          <Filters filter={filter} />
          {may && found.length > 0 && (
            <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={() => setAsking(true)}>
              {t("dead_letters.retry_all")}
            </Button>
          )}
        </div>
      )}
      {list.isPending && <TableSkeleton columns={columns} />}
      {list.isError && !list.data && (
        <Failure what={t("dead_letters.failed")} error={list.error} onRetry={() => list.refetch()} />
      )}
      {empty &&
        (filtered ? (
          <p className={styles.none}>{t("dead_letters.not_found")}</p>
        ) : (
          <Empty
            icon={<IconMailOff size={24} />}
            title={t("dead_letters.none.title")}
            hint={t("dead_letters.none.hint")}
          />
        ))}
      {found.length > 0 && (
        <Table columns={columns} label={t("operations.tabs.dead-letters")}>
          {found.map((letter) => (
            <DeadLetterRow key={letter.id} letter={letter} />
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
      {asking && <RetryAll filter={filter} filtered={filtered} onClose={() => setAsking(false)} />}
    </>
  );
}

function Filters({ filter }: { filter: DeadLetterFilter }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const navigate = useNavigate({ from: "/w/$workspace/$environment/operations" });
  const channels = useQuery(channelsQuery(workspace.key, environment));
  const [error, setError] = useState(filter.error ?? "");
  const apply = (change: DeadLetterFilter) =>
    navigate({ search: (known) => ({ ...known, ...change }), replace: true });
  const search = useDebouncedCallback((text: string) => apply({ error: text.trim() || undefined }), 250);
  const all = "";
  return (
    <>
      <Select
        aria-label={t("dead_letters.filter_channel")}
        data={[
          { value: all, label: t("dead_letters.any_channel") },
          ...(channels.data?.items.map(({ key, name }) => ({ value: key, label: name })) ?? []),
        ]}
        value={filter.channel ?? all}
        allowDeselect={false}
        onChange={(value) => apply({ channel: value || undefined })}
      />
      <TextInput
        leftSection={<IconSearch size={16} />}
        aria-label={t("dead_letters.filter_error")}
        placeholder={t("dead_letters.filter_error")}
        value={error}
        onChange={(event) => {
          setError(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
      />
    </>
  );
}

interface RetryAllProps {
  filter: DeadLetterFilter;
  filtered: boolean;
  onClose: () => void;
}

function RetryAll({ filter, filtered, onClose }: RetryAllProps) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () => retryDeadLetters(workspace.key, environment, filter),
    onSuccess: (count) => {
      said(t("dead_letters.retried_all", { count }));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: operationsKey(workspace.key, environment) }),
  });
  return (
    <Confirm
      opened
      title={t("dead_letters.retry_all_title")}
      action={t("dead_letters.retry_all")}
      pending={retry.isPending}
      error={retry.error}
      onConfirm={() => retry.mutate()}
      onClose={onClose}
    >
      {filtered ? t("dead_letters.retry_all_filtered") : t("dead_letters.retry_all_what")}
    </Confirm>
  );
}
