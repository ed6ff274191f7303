/** The node catalogue: what the server says of every node type, from which the editor draws everything. */
import type { Json, Settings } from "./document";

export type Family = "user_facing" | "action" | "integration";

/** A rule that gives exits; the rules are evaluated over the settings, in order. */
export type ExitRule =
  | { name: string; label: string; when?: string; unless?: string }
  | { each: string; label: string };

export type Schema = {
  title?: string;
  description?: string;
  type?: string | string[];
  const?: Json;
  enum?: Json[];
  default?: Json;
  format?: string;
  properties?: { [name: string]: Schema };
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  $ref?: string;
  $defs?: { [name: string]: Schema };
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  "x-widget"?: string;
};

export type NodeType = {
  type: string;
  title: string;
  family: Family;
  group: string;
  icon: string;
  tooltip: string;
  schema: Schema | boolean;
  new: Settings;
  exits: ExitRule[];
  summary?: string | null;
  sets?: string | null;
  waits?: boolean;
  system?: string | null;
  system_title?: string | null;
};

/** A connection of the workspace's sandbox to an outside system. */
export type Connection = {
  key: string;
  name: string;
  system: string;
  state?: "ok" | "failing" | "untested" | string;
  error?: string | null;
  message?: string | null;
};

export type Catalogue = {
  types: NodeType[];
  systems?: { system: string; title: string; connections?: Connection[] }[];
  connections?: Connection[];
};

/** Types by name, made once per catalogue. */
export type TypeIndex = ReadonlyMap<string, NodeType>;

export function indexTypes(catalogue: Catalogue): TypeIndex {
  return new Map(catalogue.types.map((type) => [type.type, type]));
}

/** The value that a JSON pointer finds, or undefined. Lists are not looked into: what decides an exit stands in objects. */
export function pointed(value: Json | undefined, pointer: string): Json | undefined {
  let at: Json | undefined = value;
  for (const part of pointer.split("/").slice(1)) {
    if (at === null || typeof at !== "object") return undefined;
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = !Array.isArray(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

export type PaletteGroup = { key: string; types: NodeType[] };

/** The types of one family by group, both in the catalogue's order; a query keeps those whose words hold it. */
export function paletteGroups(catalogue: Catalogue, family: Family, query = ""): PaletteGroup[] {
  const wanted = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, NodeType[]>();
  for (const type of catalogue.types) {
    if (type.family !== family) continue;
    const words = `${type.title} ${type.tooltip} ${type.type} ${type.group}`.toLowerCase();
    if (!wanted.every((word) => words.includes(word))) continue;
    const key = family === "integration" ? (type.system ?? type.group) : type.group;
    const group = groups.get(key);
    if (group) group.push(type);
    else groups.set(key, [type]);
  }
  return [...groups].map(([key, types]) => ({ key, types }));
}

/** The connections that the workspace has, to one system or to all. */
export function connectionsOf(catalogue: Catalogue, system?: string | null): Connection[] {
  const all = [
    ...(catalogue.connections ?? []),
    ...(catalogue.systems ?? []).flatMap(({ system: name, connections }) =>
      (connections ?? []).map((connection) => ({ ...connection, system: name })),
    ),
  ];
  return system ? all.filter((connection) => connection.system === system) : all;
}

/** The name of a connected system, as people know it. */
export function systemTitle(catalogue: Catalogue, system: string): string {
  const described = catalogue.systems?.find((each) => each.system === system)?.title;
  const told = catalogue.types.find((type) => type.system === system)?.system_title;
  return described ?? told ?? system;
}
