import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { messageOf } from "./failure";
import styles from "./form-problem.module.css";

/** Says above a form's buttons why it could not be sent. */
export function FormProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  return (
    <p className={styles.problem} role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <span>{messageOf(error, t("failure.unknown"))}</span>
    </p>
  );
}
