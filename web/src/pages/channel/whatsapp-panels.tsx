import { IconAlertTriangle, IconCheck, IconClock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Channel } from "../../api/types";
import { useMay } from "../../app/place";
import { CopyField } from "../../components/copy-field";
import { Panel } from "../../components/panel";
import { Ago } from "../../components/time";
import styles from "./channel.module.css";
import { TestMessage } from "./test-message";

/** What a WhatsApp number needs: values for Meta's dashboard, how it stands, and a message to try it. */
export function WhatsAppPanels({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const may = useMay("configuration.edit");
  return (
    <>
      <Panel title={t("whatsapp.connect")} about={t("whatsapp.connect_about")}>
        {channel.callback_url && (
          <CopyField
            label={t("whatsapp.callback_url")}
            description={t("whatsapp.callback_url_help")}
            value={channel.callback_url}
          />
        )}
        {channel.callback_url && !channel.callback_url.startsWith("https:") && (
          <p className={styles.unreachable}>
            <IconAlertTriangle size={16} aria-hidden />
            {t("whatsapp.unreachable")}
          </p>
        )}
        {channel.verify_token && (
          <CopyField
            label={t("whatsapp.verify_token")}
            description={t("whatsapp.verify_token_help")}
            value={channel.verify_token}
          />
        )}
      </Panel>
      <Panel title={t("whatsapp.standing")}>
        <dl className={styles.facts}>
          <dt>{t("whatsapp.verified")}</dt>
          <dd>
            <Verified at={channel.verified_at} />
          </dd>
          <dt>{t("whatsapp.last_webhook")}</dt>
          <dd>{channel.last_webhook_at ? <Ago at={channel.last_webhook_at} /> : t("whatsapp.no_webhook")}</dd>
          <dt>{t("whatsapp.last_error")}</dt>
          <dd>
            <LastError error={channel.last_error} />
          </dd>
        </dl>
      </Panel>
      {may && <TestMessage channel={channel} />}
    </>
  );
}

function Verified({ at }: { at: Channel["verified_at"] }) {
  const { t } = useTranslation();
  if (!at) {
    return (
      <span className={styles.waiting}>
        <IconClock size={16} aria-hidden />
        {t("whatsapp.not_verified")}
      </span>
    );
  }
  return (
    <>
      <span className={styles.good}>
        <IconCheck size={16} aria-hidden />
        {t("whatsapp.is_verified")}
      </span>
      <span className={styles.when}>
        <Ago at={at} />
      </span>
    </>
  );
}

function LastError({ error }: { error: Channel["last_error"] }) {
  const { t } = useTranslation();
  if (!error) return t("whatsapp.no_error");
  return (
    <>
      <span className={styles.bad}>
        <IconAlertTriangle size={16} aria-hidden />
        {error.message}
      </span>
      {error.at && (
        <span className={styles.when}>
          <Ago at={error.at} />
        </span>
      )}
    </>
  );
}
