/** The one line that says what a node does, from the catalogue's pattern: `{path}` is a setting. */
import { type NodeType, pointed } from "./catalogue";
import type { Settings } from "./document";
import { plainText } from "./exits";

const HOLE = /(?<!\{)\{([A-Za-z0-9_./]+)\}(?!\})/g;

export function summaryOf(type: Pick<NodeType, "summary">, settings: Settings): string {
  if (!type.summary) return "";
  return type.summary
    .replace(HOLE, (_hole, path: string) => {
      const value = pointed(settings, `/${path.replaceAll(".", "/")}`);
      if (Array.isArray(value)) {
        return value
          .map((item) => plainText(item) && (typeof item === "string" ? item : named(item)))
          .filter(Boolean)
          .join(", ");
      }
      return plainText(value);
    })
    .replace(/\s+/g, " ")
    .trim();
}

function named(item: unknown): string {
  if (item === null || typeof item !== "object") return plainText(item);
  const record = item as Record<string, unknown>;
  return plainText(record.label ?? record.variable ?? record.name ?? "");
}

/** Options that a node shows but does not leave by: the card lists them, without handles. */
export function shownOptions(type: NodeType, settings: Settings): string[] {
  if (type.exits.some((rule) => "each" in rule)) return [];
  const options = settings.options;
  if (!Array.isArray(options)) return [];
  return options.map(named).filter(Boolean);
}
