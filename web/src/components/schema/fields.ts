import type { Schema } from "../../api/types";
import { readable } from "../readable";

export type FieldKind = "text" | "long_text" | "number" | "switch" | "select" | "lines" | "pairs";

/** One field of a form, as it follows from a property of a JSON Schema. */
export interface Field {
  name: string;
  label: string;
  help: string | undefined;
  kind: FieldKind;
  required: boolean;
  options: string[];
  fallback: unknown;
  min: number | undefined;
  max: number | undefined;
}

/** Longer texts get a field of several lines. */
const LONG = 300;

/** The fields of an object's schema, in its order; properties that no field can show are left out. */
export function fieldsOf(schema: Schema): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const kind = kindOf(property);
    if (!kind) return [];
    return {
      name,
      label: property.title ?? sentence(name),
      help: property.description && readable(property.description),
      kind,
      required: schema.required?.includes(name) ?? false,
      options: optionsOf(property),
      fallback: property.default,
      min: numeric(property.minimum),
      max: numeric(property.maximum),
    };
  });
}

/** What a new thing of this schema starts with: the defaults that the schema names. */
export function defaultsOf(schema: Schema): Record<string, unknown> {
  return Object.fromEntries(
    fieldsOf(schema)
      .filter((field) => field.fallback !== undefined && field.fallback !== null)
      .map((field) => [field.name, field.fallback]),
  );
}

/** The required fields that hold nothing. */
export function missing(schema: Schema, values: Record<string, unknown>): Field[] {
  return fieldsOf(schema).filter((field) => field.required && isEmpty(values[field.name]));
}

/** `phone_number_id` as words: "Phone number id". */
export function sentence(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function kindOf(property: Schema): FieldKind | null {
  if (optionsOf(property).length > 0) return "select";
  switch (typeOf(property)) {
    case "string":
      return (numeric(property.maxLength) ?? 0) > LONG ? "long_text" : "text";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "switch";
    case "array":
      return property.items && typeOf(property.items) === "string" ? "lines" : null;
    case "object":
      return property.properties ? null : "pairs";
    default:
      return null;
  }
}

/** The type of a property; one that may also be null counts as what it else is. */
function typeOf(property: Schema): string | undefined {
  return Array.isArray(property.type) ? property.type.find((type) => type !== "null") : property.type;
}

function optionsOf(property: Schema): string[] {
  if (property.enum) return property.enum.filter((value) => typeof value === "string");
  const alternatives = property.oneOf;
  if (!Array.isArray(alternatives)) return [];
  const values = alternatives.map((each: Schema) => each.const);
  return values.every((value) => typeof value === "string") ? values : [];
}

function numeric(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}
