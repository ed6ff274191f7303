import { NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Schema } from "../../api/types";
import { type Field, fieldsOf, sentence } from "./fields";
import { PairsField } from "./pairs-field";

interface Props {
  schema: Schema;
  values: Record<string, unknown>;
  /** What is wrong with a field, by its name. */
  errors?: Record<string, string | undefined>;
  onChange: (values: Record<string, unknown>) => void;
}

/** The fields of settings, drawn from their schema. */
export function SchemaFields({ schema, values, errors = {}, onChange }: Props) {
  return fieldsOf(schema).map((field) => (
    <OneField
      key={field.name}
      field={field}
      value={values[field.name] ?? field.fallback}
      error={errors[field.name]}
      onChange={(value) => onChange({ ...values, [field.name]: value })}
    />
  ));
}

interface FieldProps {
  field: Field;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

function OneField({ field, value, error, onChange }: FieldProps) {
  const shared = { label: field.label, description: field.help, error, required: field.required };
  switch (field.kind) {
    case "text":
      return (
        <TextInput
          {...shared}
          value={text(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "long_text":
      return (
        <Textarea
          {...shared}
          autosize
          minRows={2}
          maxRows={8}
          value={text(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "number":
      return (
        <NumberInput
          {...shared}
          min={field.min}
          max={field.max}
          value={typeof value === "number" ? value : ""}
          onChange={(typed) => onChange(typeof typed === "number" ? typed : undefined)}
        />
      );
    case "switch":
      return (
        <Switch
          label={field.label}
          description={field.help}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "select":
      return (
        <Select
          {...shared}
          allowDeselect={!field.required}
          data={field.options.map((option) => ({ value: option, label: sentence(option) }))}
          value={typeof value === "string" ? value : null}
          onChange={(chosen) => onChange(chosen ?? undefined)}
        />
      );
    case "lines":
      return (
        <Textarea
          {...shared}
          autosize
          minRows={2}
          value={Array.isArray(value) ? value.join("\n") : ""}
          onChange={(event) => onChange(lines(event.currentTarget.value))}
        />
      );
    case "pairs":
      return (
        <PairsField
          label={field.label}
          help={field.help}
          value={value as Record<string, string> | undefined}
          onChange={onChange}
        />
      );
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function lines(typed: string): string[] {
  return typed === "" ? [] : typed.split("\n");
}
