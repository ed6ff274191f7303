import { IconBrandWhatsapp, IconMessageCircle, IconMessages } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ChannelKind } from "../api/types";
import styles from "./channel-tile.module.css";

const icons = { whatsapp: IconBrandWhatsapp, web_chat: IconMessageCircle };

/** The icon of a kind of channel. */
export function ChannelTile({ kind }: { kind: string }) {
  const { t } = useTranslation();
  const known = knownKind(kind);
  const Icon = known ? icons[known] : IconMessages;
  return (
    <span className={styles.tile} role="img" aria-label={known ? t(`channels.kinds.${known}.name`) : kind}>
      <Icon size={18} stroke={1.75} />
    </span>
  );
}

/** The kind as the texts know it, or nothing for one that they do not. */
function knownKind(kind: string): ChannelKind | undefined {
  return kind === "whatsapp" || kind === "web_chat" ? kind : undefined;
}
