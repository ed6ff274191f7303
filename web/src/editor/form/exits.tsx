import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { toneOf } from "../canvas/words";
import { useFacts, useView } from "../context";
import styles from "./form.module.css";
import { TargetSelect } from "./target-select";

/** Where each exit of a node leads, to be chosen by clicks. */
export function Exits({ number }: { number: number }) {
  const { t } = useTranslation("editor");
  const facts = useFacts();
  const exits = facts.node(number)?.exits ?? [];
  const focused = useView((state) => (state.exit?.node === number ? state.exit.exit : null));
  if (exits.length === 0) return null;
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{t("form.exits")}</legend>
      <div style={{ paddingTop: 10 }}>
        {exits.map((exit) => (
          <div key={exit.name} className={styles.exitLine} data-focused={focused === exit.name || undefined}>
            <span className={styles.exitName} data-tone={toneOf(exit.name)}>
              {exit.name === "yes" && <IconCheck size={14} stroke={2.4} aria-hidden />}
              {exit.name === "no" && <IconX size={14} stroke={2.4} aria-hidden />}
              <span>{exit.label || t("exit.unnamed")}</span>
            </span>
            <TargetSelect number={number} exit={exit.name} label={exit.label} />
          </div>
        ))}
      </div>
    </fieldset>
  );
}
