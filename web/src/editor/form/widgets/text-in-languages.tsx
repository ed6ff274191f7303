import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../../model/document";
import { ExpressionField } from "../expression-field";
import { useForm } from "../form-context";
import { isRecord } from "../schema";
import type { WidgetProps } from "./widget";

/** A text with expressions; in a workflow of several languages, one for each. */
export function TextInLanguages({
  schema,
  labelId,
  describedBy,
  path,
  value,
  required,
  invalid,
  onLeave,
  multiline = false,
}: WidgetProps & { multiline?: boolean }) {
  const { t } = useTranslation("editor");
  const { set, variables, readOnly, languages } = useForm();
  const inLanguages = schema.anyOf !== undefined || isRecord(value);
  const all = isRecord(value) ? [...new Set([...languages, ...Object.keys(value)])] : languages;
  const several = inLanguages && all.length > 1;
  const [chosen, setChosen] = useState(all[0] ?? "en");
  const language = all.includes(chosen) ? chosen : (all[0] ?? "en");
  const text = textIn(value, language, all[0] ?? "en");
  const change = (next: string) => {
    if (next === "" && !required && !isRecord(value)) set(path, undefined);
    else set(path, several || isRecord(value) ? { ...asMap(value, all[0] ?? "en"), [language]: next } : next);
  };
  return (
    <>
      {several && (
        <SegmentedControl
          size="xs"
          mb={6}
          aria-label={t("form.language")}
          data={all.map((each) => ({ value: each, label: each.toUpperCase() }))}
          value={language}
          onChange={setChosen}
        />
      )}
      <ExpressionField
        key={`${language}-${multiline}`}
        value={text}
        multiline={multiline}
        variables={variables}
        readOnly={readOnly}
        invalid={invalid}
        labelledBy={labelId}
        describedBy={describedBy}
        onChange={change}
        onLeave={onLeave}
      />
    </>
  );
}

function textIn(value: Json | undefined, language: string, first: string): string {
  if (typeof value === "string") return language === first ? value : "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = isRecord(value) ? value[language] : undefined;
  return typeof text === "string" ? text : "";
}

function asMap(value: Json | undefined, first: string): { [language: string]: Json } {
  if (isRecord(value)) return value;
  return typeof value === "string" && value !== "" ? { [first]: value } : {};
}
