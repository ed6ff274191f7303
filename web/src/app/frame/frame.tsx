import { useHotkeys } from "@mantine/hooks";
import { Outlet } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConnectionLine } from "./connection-line";
import styles from "./frame.module.css";
import { JumpTo } from "./jump-to";
import { Navigation } from "./navigation";
import { TopBar } from "./top-bar";

/** What stands around every page of a workspace: the bar on top, the navigation at the left. */
export function Frame() {
  const { t } = useTranslation();
  const [jumping, setJumping] = useState(false);
  useHotkeys([["mod+K", () => setJumping(true)]], [], true);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#main">
        {t("frame.skip")}
      </a>
      <TopBar onJump={() => setJumping(true)} />
      <div className={styles.below}>
        <Navigation />
        <main id="main" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <ConnectionLine />
      <JumpTo opened={jumping} onClose={() => setJumping(false)} />
    </div>
  );
}
