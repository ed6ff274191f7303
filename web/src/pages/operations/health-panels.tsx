import { Skeleton, Stack } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconPlayerPause } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Health } from "../../api/types";
import { usePlace } from "../../app/place";
import { ChannelTile } from "../../components/channel-tile";
import { Chip } from "../../components/chip";
import { Failure } from "../../components/failure";
import { TextLink } from "../../components/link";
import { Panel } from "../../components/panel";
import { readable } from "../../components/readable";
import { Named, Table } from "../../components/table";
import { Ago, timeWithSeconds } from "../../components/time";
import styles from "./operations.module.css";

interface Props {
  health: Health | undefined;
  error: unknown;
  /** When the health was last read, in milliseconds. */
  readAt: number;
  onRetry: () => void;
}

/** How Usher does: what waits, this process, the channels. */
export function HealthPanels({ health, error, readAt, onRetry }: Props) {
  const { t } = useTranslation();
  if (!health) {
    return error ? (
      <Failure what={t("health.failed")} error={error} onRetry={onRetry} />
    ) : (
      <Stack gap={16} aria-hidden>
        <Skeleton height={180} />
        <Skeleton height={140} />
        <Skeleton height={180} />
      </Stack>
    );
  }
  return (
    <>
      {error != null && (
        <p className={styles.stale} role="status">
          <IconAlertTriangle size={16} aria-hidden />
          {t("health.stale", { at: timeWithSeconds(new Date(readAt).toISOString()) })}
        </p>
      )}
      <Waits health={health} />
      <Process health={health} />
      <Channels health={health} />
    </>
  );
}

const numbers = ["due", "in_hand", "retried", "unknown", "parked", "own_events"] as const;

function Waits({ health: { waiting, counted } }: { health: Health }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("health.waiting")} about={t("health.waiting_about")}>
      <dl className={styles.numbers}>
        {numbers.map((name) => (
          <div key={name} className={styles.number}>
            <dt>{t(`health.${name}`)}</dt>
            <dd className={styles.count} data-none={waiting[name] === 0}>
              {waiting[name] < counted ? waiting[name] : t("health.at_least", { count: counted })}
            </dd>
            <dd className={styles.what}>
              {name === "due" && waiting.due_since ? (
                <Ago at={waiting.due_since} />
              ) : (
                t(`health.${name}_about`)
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Process({ health: { process, accepting } }: { health: Health }) {
  const { t } = useTranslation();
  const state = accepting ? (
    <Chip tone="good" icon={<IconCircleCheck size={12} aria-hidden />}>
      {t("health.accepting")}
    </Chip>
  ) : (
    <Chip tone="warn" icon={<IconPlayerPause size={12} aria-hidden />}>
      {t("health.stopping")}
    </Chip>
  );
  return (
    <Panel title={t("health.process")} beside={state}>
      <dl className={styles.facts}>
        <div>
          <dt>{t("health.started")}</dt>
          <dd>
            <Ago at={process.started_at} />
          </dd>
        </div>
        <div>
          <dt>{t("health.version")}</dt>
          <dd>{process.version}</dd>
        </div>
        <div>
          <dt>{t("health.events")}</dt>
          <dd>{process.events}</dd>
        </div>
        <div>
          <dt>{t("health.effects")}</dt>
          <dd>{process.effects}</dd>
        </div>
      </dl>
    </Panel>
  );
}

function Channels({ health: { channels } }: { health: Health }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  const columns = [t("operations.channel"), t("health.last_webhook"), t("health.last_error")];
  return (
    <section>
      <h2 className={styles.heading}>{t("health.channels")}</h2>
      {channels.length === 0 ? (
        <p className={styles.none}>{t("health.no_channels")}</p>
      ) : (
        <Table columns={columns} label={t("health.channels")}>
          {channels.map((channel) => (
            <tr key={channel.key}>
              <td>
                <Named
                  icon={<ChannelTile kind={channel.kind} />}
                  name={
                    <TextLink
                      to="/w/$workspace/$environment/channels/$key"
                      params={{ workspace: workspace.key, environment, key: channel.key }}
                    >
                      {channel.name}
                    </TextLink>
                  }
                />
              </td>
              <td>{channel.last_webhook_at ? <Ago at={channel.last_webhook_at} /> : t("health.never")}</td>
              <td>
                {channel.last_error ? (
                  <div className={styles.problem}>
                    {readable(channel.last_error.message)}
                    {channel.last_error.at && (
                      <div className={styles.when}>
                        <Ago at={channel.last_error.at} />
                      </div>
                    )}
                  </div>
                ) : (
                  t("health.no_error")
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
