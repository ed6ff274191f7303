import { IconBrandWhatsapp, IconMessageCircle, IconMessages } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ChannelKind } from "../api/types";
import styles from "./channel-tile.module.css";

const icons = { whatsapp: IconBrandWhatsapp, web_chat: IconMessageCircle };

/** The icon of a kind of channel. */
export function ChannelTile({ channel }: { channel: string }) {
  const { t } = useTranslation();
  const kind = knownKind(channel);
  const Icon = kind ? icons[kind] : IconMessages;
  return (
    <span className={styles.tile} role="img" aria-label={kind ? t(`channels.kinds.${kind}.name`) : channel}>
      <Icon size={18} stroke={1.75} />
    </span>
  );
}

/** The kind as the texts know it, or nothing for one that they do not. */
export function knownKind(kind: string): ChannelKind | undefined {
  return kind === "whatsapp" || kind === "web_chat" ? kind : undefined;
}
