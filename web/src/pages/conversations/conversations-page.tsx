import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconExternalLink, IconMessages, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { conversationsQuery, routesQuery } from "../../api/queries";
import { usePlace } from "../../app/place";
import { Empty } from "../../components/empty";
import { Failure } from "../../components/failure";
import { ButtonLink } from "../../components/link";
import { Page } from "../../components/page";
import { Table, TableSkeleton } from "../../components/table";
import { ConversationRow } from "./conversation-row";
import styles from "./conversations.module.css";

const REFRESH = 5_000;

export function ConversationsPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const { search = "" } = useSearch({ from: "/w/$workspace/$environment/conversations" });
  const list = useInfiniteQuery({
    ...conversationsQuery(workspace.key, environment, search),
    refetchInterval: REFRESH,
  });
  const found = list.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = [
    t("conversations.contact"),
    t("conversations.last_message"),
    t("conversations.workflow"),
    t("conversations.state"),
    t("conversations.started"),
  ];
  const empty = list.isSuccess && found.length === 0;
  return (
    <Page title={t("sections.conversations")} about={t(`conversations.about.${environment}`)}>
      {!(empty && search === "") && <SearchField search={search} />}
      {list.isPending && <TableSkeleton columns={columns} />}
      {list.isError && !list.data && (
        <Failure what={t("conversations.failed")} error={list.error} onRetry={() => list.refetch()} />
      )}
      {empty &&
        (search === "" ? (
          <NobodyYet />
        ) : (
          <p className={styles.none}>{t("conversations.not_found", { search })}</p>
        ))}
      {found.length > 0 && (
        <Table columns={columns} label={t("sections.conversations")}>
          {found.map((conversation) => (
            <ConversationRow key={conversation.id} conversation={conversation} />
          ))}
        </Table>
      )}
      {list.hasNextPage && (
        <div className={styles.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {t("conversations.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

function SearchField({ search }: { search: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/w/$workspace/$environment/conversations" });
  const [text, setText] = useState(search);
  const apply = useDebouncedCallback(
    (value: string) => navigate({ search: { search: value.trim() || undefined }, replace: true }),
    250,
  );
  return (
    <TextInput
      className={styles.search}
      leftSection={<IconSearch size={16} />}
      aria-label={t("conversations.search")}
      placeholder={t("conversations.search")}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        apply(event.currentTarget.value);
      }}
    />
  );
}

function NobodyYet() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const routes = useQuery(routesQuery(workspace.key, environment));
  const chat = routes.data?.items.find((route) => route.url)?.url;
  return (
    <Empty
      icon={<IconMessages size={24} />}
      title={t("conversations.none.title")}
      hint={t("conversations.none.hint")}
    >
      {chat ? (
        <Button
          component="a"
          href={chat}
          target="_blank"
          rel="noreferrer"
          rightSection={<IconExternalLink size={16} />}
        >
          {t("conversations.none.step")}
        </Button>
      ) : (
        <ButtonLink to="/w/$workspace/$environment/routes" params={{ workspace: workspace.key, environment }}>
          {t("conversations.none.route")}
        </ButtonLink>
      )}
    </Empty>
  );
}
