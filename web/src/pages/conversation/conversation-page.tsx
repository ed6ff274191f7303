import { Skeleton } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { conversationEvents } from "../../api/conversations";
import { Problem } from "../../api/problem";
import { conversationQuery } from "../../api/queries";
import type { Conversation } from "../../api/types";
import { usePlace } from "../../app/place";
import { useEvents } from "../../components/events";
import { Failure } from "../../components/failure";
import { TextLink } from "../../components/link";
import { Page } from "../../components/page";
import { dateAndTime } from "../../components/time";
import { useChannel } from "../channel-of";
import { ConversationStateChip } from "../conversations/conversation-row";
import styles from "./conversation.module.css";
import { Trace } from "./trace";
import { Transcript } from "./transcript";
import { Variables } from "./variables";

export function ConversationPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const { id } = useParams({ from: "/w/$workspace/$environment/conversations/$id" });
  const query = conversationQuery(workspace.key, environment, id);
  const conversation = useQuery(query);
  const queries = useQueryClient();
  const running = conversation.data?.state === "running";
  useEvents(
    running ? conversationEvents(workspace.key, environment, id) : null,
    ["message", "visit", "ended"],
    () => queries.invalidateQueries({ queryKey: query.queryKey }),
  );
  const back = (
    <TextLink
      className={styles.back}
      to="/w/$workspace/$environment/conversations"
      params={{ workspace: workspace.key, environment }}
    >
      <IconChevronLeft size={16} aria-hidden />
      {t("sections.conversations")}
    </TextLink>
  );
  if (conversation.isError && !conversation.data) {
    const gone = conversation.error instanceof Problem && conversation.error.status === 404;
    return (
      <Page title={t("conversation.title")} before={back}>
        <Failure
          what={gone ? t("conversation.gone") : t("conversation.failed")}
          error={conversation.error}
          onRetry={() => conversation.refetch()}
        />
      </Page>
    );
  }
  if (!conversation.data) {
    return (
      <Page title={t("conversation.title")} before={back} width="full">
        <div className={styles.columns}>
          {["transcript", "trace", "variables"].map((part) => (
            <Skeleton key={part} height="100%" />
          ))}
        </div>
      </Page>
    );
  }
  return <Shown conversation={conversation.data} back={back} />;
}

function Shown({ conversation, back }: { conversation: Conversation; back: ReactNode }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const [node, setNode] = useState<number | null>(null);
  const channel = useChannel(conversation.channel);
  return (
    <Page
      title={conversation.contact.name || t("conversations.unnamed")}
      before={back}
      beside={<ConversationStateChip conversation={conversation} />}
      width="full"
      about={t("conversation.about", {
        channel: channel.name,
        address: conversation.contact.phone ?? conversation.address,
        at: dateAndTime(conversation.started_at),
      })}
      actions={
        <TextLink
          to="/w/$workspace/$environment/workflows/$key"
          params={{ workspace: workspace.key, environment, key: conversation.workflow }}
        >
          {t("conversation.open_workflow")}
        </TextLink>
      }
    >
      <div className={styles.columns}>
        <Transcript messages={conversation.messages} node={node} onNode={setNode} />
        <Trace
          visits={conversation.visits}
          ended={conversation.state === "ended"}
          node={node}
          onNode={setNode}
        />
        <Variables variables={conversation.variables} ended={conversation.state === "ended"} />
      </div>
    </Page>
  );
}
