/** What is carried when a node type is dragged from the palette. */
import type { NodeType, TypeIndex } from "../model/catalogue";

const KIND = "application/x-usher-node-type";

type DragLike = { dataTransfer: DataTransfer };

export function carry(event: DragLike, type: NodeType): void {
  event.dataTransfer.setData(KIND, type.type);
  event.dataTransfer.effectAllowed = "copy";
}

export function holdsType(event: DragLike): boolean {
  return event.dataTransfer.types.includes(KIND);
}

export function droppedType(event: DragLike, types: TypeIndex): NodeType | undefined {
  return types.get(event.dataTransfer.getData(KIND));
}
