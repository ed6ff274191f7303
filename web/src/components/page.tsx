import type { ReactNode } from "react";
import styles from "./page.module.css";
import { useTitle } from "./title";

interface Props {
  title: string;
  /** One line below the title that says what the page is for. */
  about?: string;
  /** Stands before the title: a way back, an icon. */
  before?: ReactNode;
  /** Stands beside the title: a chip. */
  beside?: ReactNode;
  /** Buttons at the end of the title's line. */
  actions?: ReactNode;
  /** Narrow pages hold a form, wide ones a table. */
  width?: "narrow" | "wide" | "full";
  children: ReactNode;
}

/** The frame of every page but the canvas: title, actions, content. */
export function Page({ title, about, before, beside, actions, width = "wide", children }: Props) {
  useTitle(title);
  return (
    <div className={styles.page} data-width={width}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {before}
          <div className={styles.line}>
            <h1 className={styles.title}>{title}</h1>
            {beside}
          </div>
          {about && <p className={styles.about}>{about}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
