import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { messageOf } from "./failure";
import styles from "./form-problem.module.css";

interface Props {
  error: unknown;
  /** Lists below the reason each thing that the server names: for what no field of the form stands for. */
  detailed?: boolean;
}

/** Says above a form's buttons why it could not be sent. */
export function FormProblem({ error, detailed }: Props) {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  const places = detailed && error instanceof Problem ? error.errors : [];
  return (
    <div className={styles.problem} role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        {messageOf(error, t("failure.unknown"))}
        {places.length > 0 && (
          <ul className={styles.places}>
            {places.map(({ pointer, detail }) => (
              <li key={`${pointer} ${detail}`}>{detail}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
