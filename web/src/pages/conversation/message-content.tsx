import { IconHandClick } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { InboundMessage, OutboundMessage } from "../../api/types";
import styles from "./transcript.module.css";

/** One message of either direction, with the options that it offered. */
export function MessageContent({ message }: { message: InboundMessage | OutboundMessage }) {
  const { t } = useTranslation();
  switch (message.kind) {
    case "text":
      return <div className={styles.bubble}>{message.text}</div>;
    case "tap":
      return (
        <div className={styles.bubble}>
          <span className={styles.tap}>
            <IconHandClick size={16} role="img" aria-label={t("message.tapped")} />
            {message.title}
          </span>
        </div>
      );
    case "buttons":
    case "list":
      return (
        <>
          <div className={styles.bubble}>
            {message.header && <div className={styles.header}>{message.header}</div>}
            {message.text}
            {message.footer && <div className={styles.footer}>{message.footer}</div>}
          </div>
          <ul className={styles.options} aria-label={t("message.options")}>
            {optionsOf(message).map(({ id, title }) => (
              <li key={id} className={styles.option}>
                {title}
              </li>
            ))}
          </ul>
        </>
      );
    case "media":
      return (
        <div className={styles.bubble}>
          <span className={styles.kind}>{t("message.media", { kind: message.media })}</span>
          {(message.caption ?? message.file_name) && <div>{message.caption ?? message.file_name}</div>}
        </div>
      );
    case "location":
      return (
        <div className={styles.bubble}>
          <span className={styles.kind}>{t("message.location")}</span>
          <div>{message.name ?? message.address ?? `${message.latitude}, ${message.longitude}`}</div>
        </div>
      );
    case "reaction":
      return <div className={styles.bubble}>{message.emoji || t("message.reaction_removed")}</div>;
    default:
      return (
        <div className={styles.bubble}>
          <span className={styles.kind}>
            {t("message.other", { kind: "type" in message ? message.type : message.kind })}
          </span>
        </div>
      );
  }
}

function optionsOf(message: Extract<OutboundMessage, { kind: "buttons" | "list" }>) {
  return message.kind === "buttons" ? message.buttons : message.sections.flatMap((section) => section.rows);
}
