import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { NodeType, Schema } from "../model/catalogue";
import { same } from "../model/diff";
import type { Settings as Values } from "../model/document";
import styles from "./form.module.css";
import { useForm } from "./form-context";
import { Extra, Fields } from "./group";

/** The settings of a node: those that matter at once, and the rest behind one line. */
export function Settings({ type, schema, values }: { type: NodeType; schema: Schema; values: Values }) {
  const { t } = useTranslation("editor");
  const { problems } = useForm();
  const [main, more] = split(type, schema);
  const isSet = (name: string) => name in values && !same(values[name], schema.properties?.[name]?.default);
  const set = [...more].filter(isSet).length;
  const told = problems.some((problem) => more.has(problem.pointer?.split("/")[1] ?? ""));
  const [open, setOpen] = useState(set > 0);
  const shown = open || told;
  return (
    <>
      <Fields schema={schema} path={[]} value={values} hidden={more} />
      {more.size > 0 && (
        <div className={styles.more}>
          <button
            type="button"
            className={styles.moreLine}
            aria-expanded={shown}
            onClick={() => setOpen(!open)}
          >
            <IconChevronDown
              size={15}
              className={styles.chevron}
              data-open={shown || undefined}
              aria-hidden
            />
            {t("form.more")}
            {set > 0 && <span className={styles.count}>{set}</span>}
          </button>
          {shown && (
            <Extra value={true}>
              <Fields schema={schema} path={[]} value={values} hidden={main} />
            </Extra>
          )}
        </div>
      )}
    </>
  );
}

/** Without these a node does nothing, even where the schema lets them be left out. */
const CHOSEN = new Set(["connection", "api", "workflow"]);

/** At once: what is required, what a new node starts with, and the variable that it sets. */
function split(type: NodeType, schema: Schema): [Set<string>, Set<string>] {
  const names = Object.keys(schema.properties ?? {});
  const chosen = names.filter((name) => CHOSEN.has(schema.properties?.[name]?.["x-widget"] ?? ""));
  const main = new Set([...(schema.required ?? []), ...Object.keys(type.new), ...chosen]);
  if (type.sets) main.add(type.sets);
  const more = names.filter((name) => !main.has(name));
  // A line that hides but one field takes more room than the field.
  if (more.length < 2 || main.size === 0) return [new Set(names), new Set()];
  return [main, new Set(more)];
}
