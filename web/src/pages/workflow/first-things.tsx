import { ActionIcon, UnstyledButton } from "@mantine/core";
import { IconCheck, IconChevronDown, IconChevronUp, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dismiss, firstSteps, useFirstSteps } from "../../app/first-steps";
import { usePlace } from "../../app/place";
import styles from "./first-things.module.css";

/** The first five things to do, on the example's canvas; ticks itself, and can be folded or dismissed. */
export function FirstThings({ workflowKey }: { workflowKey: string }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const progress = useFirstSteps((state) => state.progress);
  const [open, setOpen] = useState(true);
  if (progress?.workspace !== workspace.key || progress.workflow !== workflowKey) return null;
  const next = firstSteps.find((step) => !progress.done.includes(step));
  return (
    <aside className={styles.card} aria-label={t("first.title")}>
      <header className={styles.header}>
        <UnstyledButton className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronUp size={16} aria-hidden />}
          <span className={styles.title}>{next ? t("first.title") : t("first.all_done")}</span>
          <span className={styles.count}>
            {t("first.count", { done: progress.done.length, all: firstSteps.length })}
          </span>
        </UnstyledButton>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={t("first.dismiss")} onClick={dismiss}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      {open && (
        <ol className={styles.list}>
          {firstSteps.map((step) => {
            const done = progress.done.includes(step);
            return (
              <li key={step} className={styles.thing} data-done={done} data-next={step === next}>
                <span
                  className={styles.tick}
                  role="img"
                  aria-label={done ? t("first.done") : t("first.to_do")}
                >
                  {done && <IconCheck size={12} stroke={3} />}
                </span>
                <div>
                  <div className={styles.name}>{t(`first.steps.${step}.name`)}</div>
                  {step === next && <div className={styles.how}>{t(`first.steps.${step}.how`)}</div>}
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </aside>
  );
}
