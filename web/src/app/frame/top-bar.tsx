import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Mark } from "../../components/mark";
import { usePlace } from "../place";
import { AppearanceSwitch } from "./appearance-switch";
import { EnvironmentSwitch } from "./environment-switch";
import styles from "./top-bar.module.css";
import { UserMenu } from "./user-menu";
import { WorkspaceSwitch } from "./workspace-switch";

export function TopBar({ onJump }: { onJump: () => void }) {
  const { t } = useTranslation();
  const { workspace, environment } = usePlace();
  return (
    <header className={styles.bar}>
      <div className={styles.start}>
        <Link
          className={styles.home}
          to="/w/$workspace/$environment/workflows"
          params={{ workspace: workspace.key, environment }}
        >
          <Mark />
          <span className={styles.name}>{t("app.name")}</span>
        </Link>
        <WorkspaceSwitch />
        <EnvironmentSwitch />
      </div>
      <button type="button" className={styles.search} onClick={onJump}>
        <IconSearch size={16} aria-hidden />
        <span className={styles.words}>{t("frame.search")}</span>
        <kbd className={styles.keys}>{t("frame.search_keys")}</kbd>
      </button>
      <div className={styles.end}>
        <AppearanceSwitch />
        <UserMenu />
      </div>
    </header>
  );
}
