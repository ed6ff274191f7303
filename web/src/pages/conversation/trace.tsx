import {
  IconAlertTriangle,
  IconArrowRight,
  IconCheck,
  IconCircleX,
  IconInfoCircle,
  IconX,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { catalogueQuery } from "../../api/queries";
import type { Visit } from "../../api/types";
import { usePlace } from "../../app/place";
import { dateAndTime, timeWithSeconds } from "../../components/time";
import styles from "./conversation.module.css";
import { NodeNumber } from "./node-number";
import trace from "./trace.module.css";
import { shortValue } from "./value";

interface Props {
  visits: Visit[];
  ended: boolean;
  node: number | null;
  onNode: (node: number | null) => void;
}

const noteIcons = { info: IconInfoCircle, warning: IconAlertTriangle, error: IconCircleX };

/** What happened at each node, in order: what it set, what it noted, by which exit it was left. */
export function Trace({ visits, ended, node, onNode }: Props) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const { data: catalogue } = useQuery(catalogueQuery(workspace.key));
  const titles = new Map(catalogue?.types.map(({ type, title }) => [type, title]));
  return (
    <section className={styles.panel} aria-label={t("conversation.trace")}>
      <h2 className={styles.heading}>{t("conversation.trace")}</h2>
      <div className={styles.scroll}>
        {visits.length === 0 && (
          <p className={styles.nothing}>{t(ended ? "conversation.steps_gone" : "conversation.no_steps")}</p>
        )}
        <ol className={trace.list}>
          {[...visits.entries()].map(([place, visit]) => (
            <li key={place} className={trace.visit} data-dim={node !== null && visit.node !== node}>
              <NodeNumber number={visit.node} chosen={node} onChoose={onNode} />
              <div className={trace.what}>
                <div className={trace.line}>
                  <span className={trace.type}>{titles.get(visit.type) ?? visit.type}</span>
                  {visit.event === "resumed" && (
                    <span className={trace.dim}>{t("conversation.resumed")}</span>
                  )}
                  {visit.exit && <Exit name={visit.exit} />}
                  <time className={trace.time} dateTime={visit.at} title={dateAndTime(visit.at)}>
                    {timeWithSeconds(visit.at)}
                  </time>
                </div>
                {visit.sets?.map(({ name, value }) => (
                  <code key={name} className={trace.sets}>
                    {name} = {shortValue(value)}
                  </code>
                ))}
                {visit.notes?.map(({ level, text }) => {
                  const Icon = noteIcons[level];
                  return (
                    <p key={text} className={trace.note} data-level={level}>
                      <Icon size={14} role="img" aria-label={t(`levels.${level}`)} />
                      <span>{text}</span>
                    </p>
                  );
                })}
              </div>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

/** The exit by which a node was left; YES and NO with their sign and colour. */
function Exit({ name }: { name: string }) {
  const { t } = useTranslation();
  const Icon = { yes: IconCheck, no: IconX }[name] ?? IconArrowRight;
  const said = { yes: t("exits.yes"), no: t("exits.no") }[name] ?? name.replaceAll("_", " ");
  return (
    <span className={trace.exit} data-exit={name}>
      <Icon size={14} aria-hidden />
      {said}
    </span>
  );
}
