import { IconBrandWhatsapp, IconMessageCircle, IconMessages } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import styles from "./channel-tile.module.css";

const icons = { whatsapp: IconBrandWhatsapp, web_chat: IconMessageCircle };

/** The icon of a channel, by its kind or by a key that says its kind. */
export function ChannelTile({ channel }: { channel: string }) {
  const { t } = useTranslation();
  const kind = channel.startsWith("whatsapp") ? "whatsapp" : channel.startsWith("web") ? "web_chat" : null;
  const Icon = kind ? icons[kind] : IconMessages;
  return (
    <span className={styles.tile} role="img" aria-label={kind ? t(`channels.kinds.${kind}.name`) : channel}>
      <Icon size={18} stroke={1.75} />
    </span>
  );
}
