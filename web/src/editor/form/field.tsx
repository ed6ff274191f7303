import { memo, useContext, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schema } from "../model/catalogue";
import type { Json } from "../model/document";
import { faultOf } from "./check";
import styles from "./form.module.css";
import { type Path, useForm } from "./form-context";
import { Extra, Group } from "./group";
import { Help } from "./help";
import { List } from "./list";
import { initialOf, pointerOf, sentence, shapeOf } from "./schema";
import { Toggle } from "./toggle";
import { Variants } from "./variants";
import { Widget } from "./widgets/widget";
import { Words } from "./words";

export type FieldProps = {
  name: string;
  schema: Schema;
  path: Path;
  value: Json | undefined;
  required: boolean;
};

/** Widgets that say by themselves that nothing is set; the others get a switch when they may be left out. */
const EMPTY_BY_THEMSELVES = new Set([
  "text",
  "line",
  "expression",
  "variable",
  "select",
  "workflow",
  "node",
  "api",
  "connection",
  "switch",
  "key_values",
]);

/** One setting: its label, its widget, its help, and what is wrong with it once it was left. */
export const Field = memo(
  function Field({ name, schema: given, path, value, required }: FieldProps) {
    const { t } = useTranslation("editor");
    const { root, problems, set, leave, readOnly } = useForm();
    const extra = useContext(Extra);
    const [left, setLeft] = useState(false);
    const id = useId();
    const shape = shapeOf(root, given);
    if (shape.kind === "fixed") return null;
    const schema = { ...shape.schema, ...wordsOf(given) };
    const label = schema.title ?? sentence(name);
    const pointer = pointerOf(path);
    const fault = left ? faultOf(schema, value, required) : null;
    const told = problems.find((problem) => problem.pointer === pointer)?.message;
    const error = fault ? t(`fault.${fault.code}`, "values" in fault ? fault.values : {}) : told;
    const onLeave = () => {
      setLeft(true);
      leave();
    };

    const optional = !required && (shape.kind !== "widget" || !EMPTY_BY_THEMSELVES.has(shape.widget));
    const canBeOff =
      optional &&
      (shape.nullable || schema.default === undefined) &&
      shape.kind !== "list" &&
      shape.kind !== "words";
    const off = canBeOff && (value === undefined || value === null);
    const toggle = canBeOff ? (
      <Toggle
        label={label}
        on={!off}
        disabled={readOnly}
        onChange={(on) => set(path, on ? initialOf(root, withoutDefaultNull(schema)) : undefined)}
      />
    ) : null;

    if (off) {
      return (
        <div className={styles.field}>
          <div className={styles.switchLine}>
            <span className={styles.label}>{label}</span>
            {toggle}
          </div>
          <Help text={schema.description} />
        </div>
      );
    }

    if (shape.kind === "group") {
      return (
        <Group
          label={label}
          help={schema.description}
          toggle={toggle}
          schema={shape.schema}
          path={path}
          value={value}
        />
      );
    }
    if (shape.kind === "list") {
      return (
        <List
          label={label}
          help={schema.description}
          schema={shape.schema}
          items={shape.items}
          path={path}
          value={value}
          error={told}
        />
      );
    }
    if (shape.kind === "variants") {
      return (
        <Variants
          label={label}
          help={schema.description}
          toggle={toggle}
          variants={shape.variants}
          path={path}
          value={value}
        />
      );
    }

    const isSwitch = shape.kind === "widget" && shape.widget === "switch";
    const described = error ? `${id}-error` : schema.description ? `${id}-help` : undefined;
    const control =
      shape.kind === "words" ? (
        <Words labelId={`${id}-label`} path={path} value={value} onLeave={onLeave} />
      ) : (
        <Widget
          widget={shape.widget}
          schema={schema}
          label={label}
          labelId={`${id}-label`}
          describedBy={described}
          path={path}
          value={value ?? (schema.default as Json | undefined)}
          required={required}
          invalid={error !== undefined}
          onLeave={onLeave}
        />
      );
    return (
      <div className={styles.field}>
        <div className={isSwitch || toggle ? styles.switchLine : undefined}>
          <span className={styles.label} id={`${id}-label`}>
            {label}
            {!required && !isSwitch && !toggle && schema.default === undefined && !extra && (
              <span className={styles.optional}>{t("form.optional")}</span>
            )}
          </span>
          {isSwitch ? control : toggle}
        </div>
        {!isSwitch && control}
        {error ? (
          <p className={styles.error} id={`${id}-error`} role="alert">
            {error}
          </p>
        ) : (
          <Help text={schema.description} id={`${id}-help`} />
        )}
      </div>
    );
  },
  (a, b) =>
    a.name === b.name &&
    a.schema === b.schema &&
    a.value === b.value &&
    a.required === b.required &&
    pointerOf(a.path) === pointerOf(b.path),
);

/** The label and help that stand at the place of use, over those of what is referred to. */
function wordsOf({ title, description, default: fallback }: Schema): Schema {
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined || fallback === null ? {} : { default: fallback }),
  };
}

function withoutDefaultNull(schema: Schema): Schema {
  if (schema.default !== null) return schema;
  const { default: _null, ...rest } = schema;
  return rest;
}
