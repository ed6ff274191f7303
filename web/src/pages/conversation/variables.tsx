import { useTranslation } from "react-i18next";
import styles from "./conversation.module.css";
import list from "./variables.module.css";

/** The variables as they stand; once a conversation ended they are gone. */
export function Variables({ variables, ended }: { variables: Record<string, unknown>; ended: boolean }) {
  const { t } = useTranslation();
  const entries = Object.entries(variables);
  return (
    <section className={styles.panel} aria-label={t("conversation.variables")}>
      <h2 className={styles.heading}>{t("conversation.variables")}</h2>
      <div className={styles.scroll}>
        {entries.length === 0 && (
          <p className={styles.nothing}>
            {t(ended ? "conversation.variables_gone" : "conversation.no_variables")}
          </p>
        )}
        <dl className={list.list}>
          {entries.map(([name, value]) => (
            <div key={name} className={list.entry}>
              <dt>{name}</dt>
              <dd>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
