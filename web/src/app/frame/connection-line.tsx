import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useConnected } from "../connected";
import styles from "./connection-line.module.css";

/** The line at the foot of every page that says, while it is so, that the server cannot be reached. */
export function ConnectionLine() {
  const { t } = useTranslation();
  const connected = useConnected();
  return (
    <div role="status">
      {!connected && (
        <div className={styles.line}>
          <IconCloudOff size={16} aria-hidden />
          {t("frame.offline")}
        </div>
      )}
    </div>
  );
}
