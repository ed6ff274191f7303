import { type ReactNode, useId } from "react";
import styles from "./panel.module.css";

interface Props {
  title: string;
  about?: string;
  /** A chip or a button at the end of the title's line. */
  beside?: ReactNode;
  children: ReactNode;
}

/** A titled card of a page that holds several things. */
export function Panel({ title, about, beside, children }: Props) {
  const heading = useId();
  return (
    <section className={styles.panel} aria-labelledby={heading}>
      <header className={styles.header}>
        <div>
          <h2 className={styles.title} id={heading}>
            {title}
          </h2>
          {about && <p className={styles.about}>{about}</p>}
        </div>
        {beside}
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
