import { Skeleton, Stack } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/problem";
import { channelQuery } from "../../api/queries";
import { useMay, usePlace } from "../../app/place";
import { Failure } from "../../components/failure";
import { TextLink } from "../../components/link";
import { Page } from "../../components/page";
import { ChannelStateChip } from "../channels/channel-state";
import styles from "./channel.module.css";
import { ChannelSettings } from "./channel-settings";
import { RemoveChannel } from "./remove-channel";
import { WebChatPanels } from "./web-chat-panels";
import { WhatsAppPanels } from "./whatsapp-panels";

const REFRESH = 5_000;

export function ChannelPage() {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const { key } = useParams({ from: "/w/$workspace/$environment/channels/$key" });
  const may = useMay("configuration.edit");
  const channel = useQuery({ ...channelQuery(workspace.key, environment, key), refetchInterval: REFRESH });
  const back = (
    <TextLink
      className={styles.back}
      to="/w/$workspace/$environment/channels"
      params={{ workspace: workspace.key, environment }}
    >
      <IconChevronLeft size={16} aria-hidden />
      {t("sections.channels")}
    </TextLink>
  );
  if (!channel.data) {
    const gone = channel.error instanceof Problem && channel.error.status === 404;
    return (
      <Page title={t("channel.title")} before={back} width="narrow">
        {channel.isError ? (
          <Failure
            what={gone ? t("channel.gone") : t("channel.failed")}
            error={channel.error}
            onRetry={() => channel.refetch()}
          />
        ) : (
          <Stack gap={16}>
            <Skeleton height={180} />
            <Skeleton height={220} />
          </Stack>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={channel.data.name}
      about={t(`channels.kinds.${channel.data.kind}.name`)}
      before={back}
      beside={<ChannelStateChip channel={channel.data} />}
      actions={may && <RemoveChannel channel={channel.data} />}
      width="narrow"
    >
      {channel.data.kind === "whatsapp" ? (
        <WhatsAppPanels channel={channel.data} />
      ) : (
        <WebChatPanels channel={channel.data} />
      )}
      {may && <ChannelSettings key={channel.data.key} channel={channel.data} />}
    </Page>
  );
}
