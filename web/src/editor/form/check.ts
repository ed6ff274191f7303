/** What is wrong with a value, by its schema. The words name the value and what to do. */
import type { Schema } from "../model/catalogue";
import type { Json } from "../model/document";

export type Fault =
  | { code: "required" }
  | { code: "too_long"; values: { length: number; limit: number } }
  | { code: "too_short"; values: { limit: number } }
  | { code: "too_large"; values: { value: number; limit: number } }
  | { code: "too_small"; values: { value: number; limit: number } }
  | { code: "no_variable"; values: { value: string } }
  | { code: "pattern"; values: { value: string } };

/** A variable's name: letters, digits and `_`, not beginning with a digit. */
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function faultOf(schema: Schema, value: Json | undefined, required: boolean): Fault | null {
  const empty = value === undefined || value === null || value === "";
  if (empty) return required ? { code: "required" } : null;
  if (typeof value === "string") return faultOfText(schema, value);
  if (typeof value === "number") {
    if (schema.maximum !== undefined && value > schema.maximum) {
      return { code: "too_large", values: { value, limit: schema.maximum } };
    }
    if (schema.minimum !== undefined && value < schema.minimum) {
      return { code: "too_small", values: { value, limit: schema.minimum } };
    }
  }
  return null;
}

function faultOfText(schema: Schema, value: string): Fault | null {
  const length = [...value].length;
  if (schema["x-widget"] === "variable" && !VARIABLE.test(value)) {
    return { code: "no_variable", values: { value } };
  }
  // The length of a text with expressions is known only when it is rendered.
  if (schema.maxLength !== undefined && length > schema.maxLength && !value.includes("{{")) {
    return { code: "too_long", values: { length, limit: schema.maxLength } };
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    return { code: "too_short", values: { limit: schema.minLength } };
  }
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    return { code: "pattern", values: { value } };
  }
  return null;
}

/** A pattern that this browser cannot read forbids nothing: the server has the last word. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}
