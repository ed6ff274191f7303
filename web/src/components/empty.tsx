import type { ReactNode } from "react";
import styles from "./empty.module.css";

interface Props {
  icon: ReactNode;
  /** What belongs here, in a sentence. */
  title: string;
  hint?: string;
  /** The first step: a button or a link. */
  children?: ReactNode;
}

/** An empty page: what belongs here, and the first step. */
export function Empty({ icon, title, hint, children }: Props) {
  return (
    <div className={styles.empty}>
      <div className={styles.icon} aria-hidden>
        {icon}
      </div>
      <p className={styles.title}>{title}</p>
      {hint && <p className={styles.hint}>{hint}</p>}
      {children && <div className={styles.step}>{children}</div>}
    </div>
  );
}
