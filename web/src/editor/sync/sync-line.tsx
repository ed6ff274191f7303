import { Button, Menu } from "@mantine/core";
import {
  IconAlertTriangle,
  IconChevronUp,
  IconCloudCheck,
  IconCloudOff,
  IconLoader,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useEditor, useSync } from "../context";
import styles from "./sync-line.module.css";

/** The one place that says whether the draft is kept, and what to do when it cannot be. */
export function SyncLine() {
  const { t, i18n } = useTranslation("editor");
  const { keeper } = useEditor();
  const state = useSync((all) => all.state);
  const keptAt = useSync((all) => all.keptAt);
  const reason = useSync((all) => all.reason);
  const time = keptAt?.toLocaleTimeString(i18n.language, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
  return (
    <span className={styles.sync} data-state={state} role="status">
      {state === "kept" && (
        <>
          <IconCloudCheck size={15} aria-hidden />
          {time ? t("sync.kept_at", { time }) : t("sync.kept")}
        </>
      )}
      {state === "keeping" && (
        <>
          <IconLoader size={15} aria-hidden />
          {t("sync.keeping")}
        </>
      )}
      {state === "offline" && (
        <>
          <IconCloudOff size={15} aria-hidden />
          {t("sync.offline")}
        </>
      )}
      {state === "refused" && (
        <>
          <IconAlertTriangle size={15} aria-hidden />
          <span className={styles.reason} title={reason ?? undefined}>
            {t("sync.refused", { reason })}
          </span>
        </>
      )}
      {state === "changed_by_another" && (
        <>
          <IconAlertTriangle size={15} aria-hidden />
          {t("sync.changed_by_another")}
          <Menu position="top-end" width={320}>
            <Menu.Target>
              <Button
                size="compact-xs"
                variant="default"
                rightSection={<IconChevronUp size={13} aria-hidden />}
              >
                {t("sync.choose")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => void keeper.reload()}>
                {t("sync.reload")}
                <div className={styles.help}>{t("sync.reload_help")}</div>
              </Menu.Item>
              <Menu.Item onClick={() => void keeper.overwrite()}>
                {t("sync.overwrite")}
                <div className={styles.help}>{t("sync.overwrite_help")}</div>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </span>
  );
}
