import { IconCircleCheck, IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ConversationItem } from "../../api/types";
import { usePlace } from "../../app/place";
import { ChannelTile } from "../../components/channel-tile";
import { Chip } from "../../components/chip";
import { TextLink } from "../../components/link";
import { sentence } from "../../components/schema/fields";
import { Named } from "../../components/table";
import { Ago } from "../../components/time";
import { useChannel } from "../channel-of";
import { useWorkflowName } from "../workflow-name";
import styles from "./conversations.module.css";

export function ConversationRow({ conversation }: { conversation: ConversationItem }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const workflowName = useWorkflowName();
  const { id, contact, address } = conversation;
  const channel = useChannel(conversation.channel);
  return (
    <tr>
      <td>
        <Named
          icon={<ChannelTile kind={channel.kind} />}
          name={
            <TextLink
              to="/w/$workspace/$environment/conversations/$id"
              params={{ workspace: workspace.key, environment, id }}
            >
              {contact.name || t("conversations.unnamed")}
            </TextLink>
          }
          below={<span className={styles.address}>{contact.phone ?? address}</span>}
        />
      </td>
      <td>
        <div className={styles.last}>{conversation.last_message}</div>
      </td>
      <td>{workflowName(conversation.workflow)}</td>
      <td>
        <ConversationStateChip conversation={conversation} />
      </td>
      <td>
        <Ago at={conversation.started_at} />
      </td>
    </tr>
  );
}

export function ConversationStateChip({
  conversation: { state, outcome },
}: {
  conversation: ConversationItem;
}) {
  const { t } = useTranslation();
  if (state === "running") {
    return (
      <Chip tone="good" icon={<IconPlayerPlay size={12} aria-hidden />}>
        {t("conversations.running")}
      </Chip>
    );
  }
  return (
    <Chip icon={<IconCircleCheck size={12} aria-hidden />}>
      {outcome ? sentence(outcome) : t("conversations.ended")}
    </Chip>
  );
}
