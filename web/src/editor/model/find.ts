/** Finding words in one workflow: numbers, titles, notes, texts, variables and targets. */
import { type Json, numbersOf, type WorkflowDocument } from "./document";

export type Found = { node: number; pointer: string; text: string };

/** The number of strings looked at is that of the document; a document is bounded by the server. */
export function find(document: WorkflowDocument, query: string): Found[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [];
  const found: Found[] = [];
  for (const number of numbersOf(document.nodes)) {
    const node = document.nodes[String(number)];
    if (!node) continue;
    const look = (pointer: string, text: string | undefined) => {
      if (text?.toLowerCase().includes(wanted)) found.push({ node: number, pointer, text });
    };
    if (String(number) === wanted) found.push({ node: number, pointer: "", text: `${number}` });
    look("/title", node.title);
    look("/note", node.note);
    eachText(node.settings, "", (pointer, text) => look(pointer, text));
    for (const [exit, target] of Object.entries(node.exits)) {
      if (typeof target === "object" && "workflow" in target) look(`/exits/${exit}`, target.workflow);
    }
  }
  return found;
}

/** Every string in a value, with its JSON pointer. */
export function eachText(value: Json, pointer: string, see: (pointer: string, text: string) => void): void {
  if (typeof value === "string") see(pointer, value);
  else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      eachText(item, `${pointer}/${index}`, see);
    });
  } else if (value !== null && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      eachText(item, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, see);
    }
  }
}
