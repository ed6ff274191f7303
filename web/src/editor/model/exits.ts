/** The exits of a node, by the catalogue's rules; the server evaluates the same rules in the same way. */
import { type NodeType, pointed, type TypeIndex } from "./catalogue";
import type { Settings, WorkflowNode } from "./document";

export type Exit = { name: string; label: string };

export function exitsOf(type: Pick<NodeType, "exits">, settings: Settings): Exit[] {
  return type.exits.flatMap((rule): Exit[] => {
    if ("each" in rule) {
      const items = settings[rule.each];
      if (!Array.isArray(items)) return [];
      return items.flatMap((item) => {
        if (item === null || typeof item !== "object" || Array.isArray(item)) return [];
        if (typeof item.name !== "string") return [];
        return [{ name: item.name, label: plainText(item[rule.label]) || item.name }];
      });
    }
    const there =
      (rule.when === undefined || isOn(settings, rule.when)) &&
      (rule.unless === undefined || !isOn(settings, rule.unless));
    return there ? [{ name: rule.name, label: rule.label }] : [];
  });
}

/** Whether the setting is there and neither null nor false. */
function isOn(settings: Settings, pointer: string): boolean {
  const found = pointed(settings, pointer);
  return found !== undefined && found !== null && found !== false;
}

/** The exits of a node; of an unknown type, those that its document names, so that nothing is hidden. */
export function exitsOfNode(types: TypeIndex, node: WorkflowNode): Exit[] {
  const type = types.get(node.type);
  if (type) return exitsOf(type, node.settings);
  return Object.keys(node.exits).map((name) => ({ name, label: name }));
}

/** A text setting as one string: itself, or its first language. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const first = Object.values(value)[0];
    return typeof first === "string" ? first : "";
  }
  return "";
}
