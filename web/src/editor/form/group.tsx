import { createContext, type ReactNode } from "react";
import type { Schema } from "../model/catalogue";
import type { Json } from "../model/document";
import { Field } from "./field";
import styles from "./form.module.css";
import type { Path } from "./form-context";
import { Help } from "./help";
import { isRecord } from "./schema";

/** Whether a field stands among those that may all be left out, so that none has to say it. */
export const Extra = createContext(false);

type Props = {
  label: string;
  help?: string;
  toggle?: ReactNode;
  schema: Schema;
  path: Path;
  value: Json | undefined;
};

/** Settings that belong together, under one heading. */
export function Group({ label, help, toggle, schema, path, value }: Props) {
  return (
    <fieldset className={styles.group}>
      <div className={styles.switchLine}>
        <legend className={styles.legend}>{label}</legend>
        {toggle}
      </div>
      <Help text={help} />
      <Fields schema={schema} path={path} value={value} />
    </fieldset>
  );
}

type FieldsProps = { schema: Schema; path: Path; value: Json | undefined; hidden?: ReadonlySet<string> };

export function Fields({ schema, path, value, hidden }: FieldsProps) {
  const required = new Set(schema.required ?? []);
  const record = isRecord(value) ? value : {};
  return Object.entries(schema.properties ?? {}).map(([name, property]) =>
    hidden?.has(name) ? null : (
      <Field
        key={name}
        name={name}
        schema={property}
        path={[...path, name]}
        value={record[name]}
        required={required.has(name)}
      />
    ),
  );
}
