import { IconCloudOff } from "@tabler/icons-react";
import { useMatch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useConnected } from "../connected";
import styles from "./connection-line.module.css";

/**
 * The line at the foot of every page that says, while it is so, that the server cannot be reached. The canvas has
 * its own place for it, beside what it says of the draft.
 */
export function ConnectionLine() {
  const { t } = useTranslation();
  const connected = useConnected();
  const canvas = useMatch({ from: "/w/$workspace/$environment/workflows/$key", shouldThrow: false });
  return (
    <div role="status">
      {!connected && !canvas && (
        <div className={styles.line}>
          <IconCloudOff size={16} aria-hidden />
          {t("frame.offline")}
        </div>
      )}
    </div>
  );
}
