import type { ReactNode } from "react";
import styles from "./door.module.css";
import { Mark } from "./mark";
import { useTitle } from "./title";

/** The frame of the pages before one is signed in: a card in the middle. */
export function Door({ title, about, children }: { title: string; about?: string; children?: ReactNode }) {
  useTitle(title);
  return (
    <main className={styles.door}>
      <div className={styles.card}>
        <Mark size={36} />
        <h1 className={styles.title}>{title}</h1>
        {about && <p className={styles.about}>{about}</p>}
        {children}
      </div>
    </main>
  );
}
