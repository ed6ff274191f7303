import { IconAlertCircle, IconCheck, IconChecks, IconClock } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DeliveryState, TranscriptMessage } from "../../api/types";
import { dateAndTime, timeOfDay } from "../../components/time";
import styles from "./conversation.module.css";
import { MessageContent } from "./message-content";
import { NodeNumber } from "./node-number";
import bubbles from "./transcript.module.css";

interface Props {
  messages: TranscriptMessage[];
  node: number | null;
  onNode: (node: number | null) => void;
}

/** What was said, as bubbles, each with its time, its delivery state and the node that made it. */
export function Transcript({ messages, node, onNode }: Props) {
  const { t } = useTranslation();
  const end = useRef<HTMLLIElement>(null);
  const count = messages.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [count]);
  return (
    <section className={styles.panel} aria-label={t("conversation.transcript")}>
      <h2 className={styles.heading}>{t("conversation.transcript")}</h2>
      <div className={styles.scroll}>
        {count === 0 && <p className={styles.nothing}>{t("conversation.nothing_said")}</p>}
        <ol className={bubbles.list}>
          {[...messages.entries()].map(([place, message]) => (
            <li
              key={place}
              ref={place === count - 1 ? end : undefined}
              className={bubbles.row}
              data-direction={message.direction}
              data-dim={node !== null && message.node !== node}
            >
              <MessageContent message={message.message} />
              <div className={bubbles.foot}>
                <time dateTime={message.at} title={dateAndTime(message.at)}>
                  {timeOfDay(message.at)}
                </time>
                {message.direction === "out" && message.state && <Delivery state={message.state} />}
                {message.node != null && <NodeNumber number={message.node} chosen={node} onChoose={onNode} />}
              </div>
              {message.error && <p className={bubbles.error}>{message.error}</p>}
              {message.provider != null && (
                <details className={bubbles.provider}>
                  <summary>{t("conversation.provider")}</summary>
                  <pre>{JSON.stringify(message.provider, null, 2)}</pre>
                </details>
              )}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

const icons: Record<DeliveryState, typeof IconCheck> = {
  pending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
};

function Delivery({ state }: { state: DeliveryState }) {
  const { t } = useTranslation();
  const Icon = icons[state] ?? IconClock;
  return (
    <span className={bubbles.delivery} data-state={state}>
      <Icon size={14} aria-hidden />
      {t(`delivery.${state}`)}
    </span>
  );
}
