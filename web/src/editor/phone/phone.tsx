import { ActionIcon, Button, Select, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconMoon,
  IconPlayerTrackPrev,
  IconRefresh,
  IconSun,
  IconX,
} from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDraft, useEditor, usePreview } from "../context";
import { ContactChoice } from "./contact";
import { DeadEnd } from "./dead-end";
import styles from "./phone.module.css";
import type { PreviewChannel } from "./preview";
import { Screen } from "./screen";

const CHANNELS: PreviewChannel[] = ["whatsapp", "web_chat"];

type Props = {
  /** Things to say that lead somewhere, such as the order numbers of the example. */
  hints: readonly string[];
};

/** The customer's phone beside the canvas, on the draft as it is. */
export function Phone({ hints }: Props) {
  const { t } = useTranslation("editor");
  const { preview, view } = useEditor();
  const { channel, state, answers, stale, replaying, reason } = usePreview((all) => all);
  const [dark, setDark] = useState(false);

  // There is somebody to talk to as soon as there is a first step.
  const begun = useDraft((all) => all.document.start !== null);
  useEffect(() => {
    if (begun && state === "idle") void preview.start();
  }, [preview, begun, state]);

  const busy = state === "starting" || replaying;
  return (
    <section className={styles.column} aria-label={t("phone.label")}>
      <header className={styles.top}>
        <Select
          size="xs"
          w={120}
          aria-label={t("phone.channel")}
          data={CHANNELS.map((value) => ({ value, label: t(`phone.channels.${value}`) }))}
          value={channel}
          allowDeselect={false}
          onChange={(next) => next && void preview.setChannel(next as PreviewChannel)}
        />
        <ContactChoice />
        <span className={styles.fill} />
        <Tool label={t(dark ? "phone.to_light" : "phone.to_dark")} onClick={() => setDark(!dark)}>
          {dark ? <IconSun size={16} /> : <IconMoon size={16} />}
        </Tool>
        <Tool label={t("phone.close")} onClick={() => view.getState().show({ phone: false })}>
          <IconX size={16} />
        </Tool>
      </header>
      <div className={styles.frame} data-look={channel} data-dark={dark || undefined}>
        <Screen />
      </div>
      <div className={styles.under}>
        {reason && (
          <div className={styles.failure} role="alert">
            <span>{t("phone.failed", { reason })}</span>
            <Button size="compact-xs" variant="default" onClick={() => void preview.start()}>
              {t("retry")}
            </Button>
          </div>
        )}
        {stale && !busy && (
          <div className={styles.stale} role="status">
            <span>{t("phone.stale")}</span>
            <Button size="compact-xs" variant="light" onClick={() => void preview.replay()}>
              {answers.length > 0 ? t("phone.replay") : t("phone.restart")}
            </Button>
          </div>
        )}
        <DeadEnd />
        {hints.length > 0 && state === "running" && (
          <div className={styles.hints}>
            <span className={styles.hintsLabel}>{t("phone.try")}</span>
            {hints.map((hint) => (
              <button
                key={hint}
                type="button"
                className={styles.hint}
                onClick={() => void preview.say({ text: hint })}
              >
                {hint}
              </button>
            ))}
          </div>
        )}
        <div className={styles.tools}>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconRefresh size={15} aria-hidden />}
            loading={state === "starting"}
            disabled={!begun}
            onClick={() => void preview.start()}
          >
            {t("phone.restart")}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconPlayerTrackPrev size={15} aria-hidden />}
            disabled={answers.length === 0 || busy}
            onClick={() => void preview.replay()}
          >
            {t("phone.replay")}
          </Button>
          <Tool
            label={t("phone.back")}
            disabled={answers.length === 0 || busy}
            onClick={() => void preview.back()}
          >
            <IconArrowBackUp size={16} />
          </Tool>
        </div>
      </div>
    </section>
  );
}

type ToolProps = { label: string; disabled?: boolean; onClick: () => void; children: React.ReactNode };

function Tool({ label, disabled, onClick, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={28}
        aria-label={label}
        disabled={disabled}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
