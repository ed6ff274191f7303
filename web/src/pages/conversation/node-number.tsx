import { useTranslation } from "react-i18next";
import styles from "./conversation.module.css";

interface Props {
  number: number;
  chosen: number | null;
  onChoose: (number: number | null) => void;
}

/** The number of a node as a button: shows what in the conversation belongs to it. */
export function NodeNumber({ number, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const pressed = chosen === number;
  return (
    <button
      type="button"
      className={styles.number}
      aria-pressed={pressed}
      aria-label={t("conversation.node", { number })}
      onClick={() => onChoose(pressed ? null : number)}
    >
      {number}
    </button>
  );
}
