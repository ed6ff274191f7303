/** Reads a JSON Schema as a form: which widget a value takes, and what a new value is. */
import type { Schema } from "../model/catalogue";
import type { Json } from "../model/document";

export type Root = Schema | boolean;

/** One of several shapes that a value may have. */
export type Variant = {
  label: string;
  help?: string;
  /** The value itself, when the variant is a word. */
  word?: Json;
  /** The object's schema, without the tag that says which variant it is. */
  fields?: Schema;
  /** For `{ "regex": … }`: the one key that holds the variant's content. */
  wrapped?: string;
  matches: (value: Json | undefined) => boolean;
  initial: () => Json;
};

export type Shape =
  | { kind: "widget"; widget: Widget; schema: Schema; nullable: boolean }
  | { kind: "group"; schema: Schema; nullable: boolean }
  | { kind: "list"; items: Schema; schema: Schema; nullable: boolean }
  | { kind: "words"; schema: Schema; nullable: boolean }
  | { kind: "variants"; variants: Variant[]; schema: Schema; nullable: boolean }
  | { kind: "fixed" };

export const WIDGETS = [
  "text",
  "line",
  "expression",
  "variable",
  "number",
  "switch",
  "select",
  "duration",
  "list",
  "workflow",
  "node",
  "api",
  "connection",
  "key_values",
] as const;
export type Widget = (typeof WIDGETS)[number];

/** The schema behind references and single-part `allOf`; words beside a reference win over its own. */
export function resolve(root: Root, schema: Schema, depth = 0): Schema {
  if (depth > 16) return {};
  if (schema.$ref) {
    const name = schema.$ref.replace(/^#\/(\$defs|definitions)\//, "");
    const found = typeof root === "object" ? root.$defs?.[name] : undefined;
    const { $ref: _ref, ...beside } = schema;
    return resolve(root, { ...found, ...beside }, depth + 1);
  }
  if (schema.allOf?.length === 1 && schema.allOf[0]) {
    const { allOf: _all, ...beside } = schema;
    return resolve(root, { ...resolve(root, schema.allOf[0], depth + 1), ...beside }, depth + 1);
  }
  return schema;
}

export function shapeOf(root: Root, given: Schema): Shape {
  const { schema, nullable } = withoutNull(root, resolve(root, given));
  const hint = schema["x-widget"];
  if (schema.const !== undefined) return { kind: "fixed" };
  const isList = schema.type === "array" || schema.items !== undefined;
  if (isList) {
    const items = resolve(root, schema.items ?? {});
    return items.properties || hint === "list"
      ? { kind: "list", items, schema, nullable }
      : { kind: "words", schema, nullable };
  }
  if (hint && (WIDGETS as readonly string[]).includes(hint)) {
    return { kind: "widget", widget: hint as Widget, schema, nullable };
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) {
    const words = wordsOf(root, choices);
    if (words) return { kind: "widget", widget: "select", schema: { ...schema, ...words }, nullable };
    const variants = choices.map((choice) => variantOf(root, choice));
    if (variants.every((variant) => variant !== null))
      return { kind: "variants", variants, schema, nullable };
    // A text that may also be a map of languages: the text's widget knows both.
    const text = choices.map((choice) => resolve(root, choice)).find((choice) => choice.type === "string");
    return { kind: "widget", widget: "line", schema: { ...schema, ...text }, nullable };
  }
  if (schema.enum) return { kind: "widget", widget: "select", schema, nullable };
  if (schema.properties) return { kind: "group", schema, nullable };
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "boolean":
      return { kind: "widget", widget: "switch", schema, nullable };
    case "integer":
    case "number":
      return { kind: "widget", widget: "number", schema, nullable };
    case "object":
      return { kind: "widget", widget: "key_values", schema, nullable };
    default:
      return { kind: "widget", widget: "line", schema, nullable };
  }
}

function withoutNull(root: Root, schema: Schema): { schema: Schema; nullable: boolean } {
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const rest = schema.type.filter((type) => type !== "null");
    return { schema: { ...schema, type: rest.length === 1 ? rest[0] : rest }, nullable: true };
  }
  const key = schema.anyOf ? "anyOf" : schema.oneOf ? "oneOf" : null;
  const choices = key ? schema[key] : undefined;
  if (!key || !choices) return { schema, nullable: false };
  const rest = choices.filter((choice) => choice.type !== "null" && choice.const !== null);
  if (rest.length === choices.length) return { schema, nullable: false };
  const { [key]: _choices, ...beside } = schema;
  const [only] = rest;
  if (rest.length === 1 && only) {
    const { default: _default, ...words } = beside;
    return { schema: withoutNull(root, { ...resolve(root, only), ...words }).schema, nullable: true };
  }
  return { schema: { ...beside, [key]: rest }, nullable: true };
}

/** Alternatives that are all words, as one enum with labels in `x-labels`. */
function wordsOf(root: Root, choices: Schema[]): (Schema & { "x-labels": string[] }) | null {
  const words: Json[] = [];
  const labels: string[] = [];
  for (const choice of choices.map((each) => resolve(root, each))) {
    if (choice.const !== undefined) {
      words.push(choice.const);
      labels.push(choice.title ?? sentence(String(choice.const)));
    } else if (choice.enum && !choice.properties) {
      words.push(...choice.enum);
      labels.push(...choice.enum.map((word) => sentence(String(word))));
    } else {
      return null;
    }
  }
  return { enum: words, "x-labels": labels, oneOf: undefined, anyOf: undefined };
}

function variantOf(root: Root, given: Schema): Variant | null {
  const schema = resolve(root, given);
  const help = schema.description;
  if (schema.const !== undefined || (schema.enum?.length === 1 && !schema.properties)) {
    const word = (schema.const ?? schema.enum?.[0]) as Json;
    return {
      label: schema.title ?? sentence(String(word)),
      help,
      word,
      matches: (value) => value === word,
      initial: () => word,
    };
  }
  const properties = schema.properties;
  if (!properties) return null;
  const tag = Object.entries(properties).find(([, property]) => tagOf(resolve(root, property)) !== undefined);
  if (tag) {
    const [name, property] = tag;
    const word = tagOf(resolve(root, property)) as Json;
    const { [name]: _tag, ...others } = properties;
    const fields = {
      ...schema,
      properties: others,
      required: schema.required?.filter((each) => each !== name),
    };
    return {
      label: schema.title ?? sentence(String(word)),
      help,
      fields,
      matches: (value) => isRecord(value) && value[name] === word,
      initial: () => ({ [name]: word, ...(initialOf(root, fields) as object) }),
    };
  }
  const [only, ...more] = Object.entries(properties);
  if (only && more.length === 0) {
    const [name, property] = only;
    return {
      label: schema.title ?? sentence(name),
      help,
      fields: { ...schema, properties: { [name]: { title: sentence(name), ...resolve(root, property) } } },
      wrapped: name,
      matches: (value) => isRecord(value) && name in value,
      initial: () => ({ [name]: initialOf(root, property) }),
    };
  }
  return null;
}

function tagOf(schema: Schema): Json | undefined {
  return schema.const ?? (schema.enum?.length === 1 ? schema.enum[0] : undefined);
}

/** What a value starts with when it is added: its default, or the emptiest thing that fits. */
export function initialOf(root: Root, given: Schema): Json {
  const schema = resolve(root, given);
  if (schema.default !== undefined && schema.default !== null) return structuredClone(schema.default);
  const shape = shapeOf(root, schema);
  switch (shape.kind) {
    case "fixed":
      return schema.const ?? null;
    case "list":
    case "words":
      return [];
    case "variants":
      return shape.variants[0]?.initial() ?? null;
    case "group": {
      const required = new Set(shape.schema.required ?? []);
      return Object.fromEntries(
        Object.entries(shape.schema.properties ?? {})
          .filter(([name]) => required.has(name))
          .map(([name, property]) => [name, initialOf(root, property)]),
      );
    }
    case "widget":
      return initialOfWidget(shape.widget, shape.schema);
  }
}

function initialOfWidget(widget: Widget, schema: Schema): Json {
  switch (widget) {
    case "switch":
      return false;
    case "number":
      return schema.minimum ?? 0;
    case "duration":
      return Math.max(schema.minimum ?? 0, 60);
    case "select":
      return schema.enum?.[0] ?? null;
    case "key_values":
      return {};
    case "node":
      return 1;
    default:
      return "";
  }
}

export function isRecord(value: unknown): value is { [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** `no_match` as it is read: `No match`. */
export function sentence(name: string): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value with the one at a path replaced; `undefined` takes the key out. */
export function withValue(
  value: Json | undefined,
  path: readonly (string | number)[],
  to: Json | undefined,
): Json {
  const [key, ...rest] = path;
  if (key === undefined) return to ?? null;
  if (typeof key === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    list[key] = withValue(list[key], rest, to);
    return list;
  }
  const record = isRecord(value) ? value : {};
  if (rest.length === 0 && to === undefined) {
    const { [key]: _gone, ...others } = record;
    return others;
  }
  return { ...record, [key]: withValue(record[key], rest, to) };
}

export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
