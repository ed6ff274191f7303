import { Button } from "@mantine/core";
import { IconAlertTriangle, IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import styles from "./failure.module.css";
import { readable } from "./readable";

interface Props {
  /** What could not be done, as a sentence: "The workflows could not be loaded." */
  what: string;
  error: unknown;
  onRetry?: () => void;
}

/** Says what failed and why, and offers to try again. */
export function Failure({ what, error, onRetry }: Props) {
  const { t } = useTranslation();
  const offline = error instanceof Problem && error.offline;
  const Icon = offline ? IconCloudOff : IconAlertTriangle;
  return (
    <div className={styles.failure} role="alert">
      <Icon size={20} className={styles.icon} aria-hidden />
      <div>
        <p className={styles.what}>{what}</p>
        <p className={styles.why}>{messageOf(error, t("failure.unknown"))}</p>
        {onRetry && (
          <Button variant="default" size="xs" mt={12} onClick={onRetry}>
            {t("failure.retry")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** The words of an error for a person: the server's own sentence where there is one. */
export function messageOf(error: unknown, otherwise: string): string {
  if (!(error instanceof Error) || error.message === "") return otherwise;
  return sentence(error.message);
}

/** Messages of the server begin in lower case, have no full stop and mark names with `; on a page they are sentences. */
function sentence(message: string): string {
  const text = readable(message);
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…"”)]$/.test(first) ? first : `${first}.`;
}
