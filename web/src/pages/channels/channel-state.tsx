import { IconAlertTriangle, IconCheck, IconClock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Channel } from "../../api/types";
import { Chip } from "../../components/chip";

/** Whether a channel can be used: the web chat always, WhatsApp once Meta has verified the callback URL. */
export function ChannelStateChip({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  if (channel.last_error) {
    return (
      <Chip tone="warn" icon={<IconAlertTriangle size={12} aria-hidden />}>
        {t("channels.states.error")}
      </Chip>
    );
  }
  if (channel.kind === "whatsapp" && !channel.verified_at) {
    return <Chip icon={<IconClock size={12} aria-hidden />}>{t("channels.states.unverified")}</Chip>;
  }
  return (
    <Chip tone="good" icon={<IconCheck size={12} aria-hidden />}>
      {t("channels.states.ready")}
    </Chip>
  );
}
