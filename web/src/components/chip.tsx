import type { ReactNode } from "react";
import styles from "./chip.module.css";

export type Tone = "neutral" | "good" | "bad" | "warn" | "strong";

/** A small word on a state, with an icon so that colour never stands alone. */
export function Chip({
  tone = "neutral",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: ReactNode;
  children: ReactNode;
}) {
  return (
    <span className={styles.chip} data-tone={tone}>
      {icon}
      {children}
    </span>
  );
}
