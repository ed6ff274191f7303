/** The variables that a text of a node may read: those set on some path before it, and those always there. */
import type { NodeType, TypeIndex } from "./catalogue";
import type { Settings, WorkflowDocument } from "./document";
import { before, type Edge } from "./graph";

export type Variable = { name: string; setBy: number | null; type?: string };

/** Always there, with the parts worth offering. */
export const BUILT_IN: readonly string[] = [
  "contact.name",
  "contact.address",
  "contact.language",
  "contact.attributes",
  "session.id",
  "session.channel",
  "session.route",
  "session.environment",
  "session.started_at",
  "message.text",
  "now",
  "workspace.name",
];

/** The name of the variables that a node sets: the builder's, or `node_<number>`. */
export function variablesSetBy(type: NodeType | undefined, number: number, settings: Settings): string[] {
  if (!type?.sets) return [];
  const found = settings[type.sets];
  if (typeof found === "string" && found !== "") return [found];
  if (Array.isArray(found)) {
    return found.flatMap((item) => {
      if (item === null || typeof item !== "object" || Array.isArray(item)) return [];
      const name = item.variable ?? item.name;
      return typeof name === "string" && name !== "" ? [name] : [];
    });
  }
  // Logic keeps its result only when the builder gives it a name.
  return type.group === "logic" ? [] : [`node_${number}`];
}

export function variablesBefore(
  document: WorkflowDocument,
  types: TypeIndex,
  edges: readonly Edge[],
  number: number,
): Variable[] {
  const found = new Map<string, Variable>();
  for (const at of [...before(edges, number)].sort((a, b) => a - b)) {
    const node = document.nodes[String(at)];
    if (!node) continue;
    const type = types.get(node.type);
    for (const name of variablesSetBy(type, at, node.settings)) {
      if (!found.has(name)) found.set(name, { name, setBy: at, type: type?.title ?? node.type });
    }
  }
  return [...found.values(), ...BUILT_IN.map((name) => ({ name, setBy: null }))];
}
