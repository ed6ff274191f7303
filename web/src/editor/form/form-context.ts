import { createContext, useContext } from "react";
import type { Json } from "../model/document";
import type { Problem } from "../model/problems";
import type { Variable } from "../model/variables";
import type { Root } from "./schema";

export type Path = readonly (string | number)[];

export type FormParts = {
  root: Root;
  number: number;
  readOnly: boolean;
  languages: readonly string[];
  variables: readonly Variable[];
  problems: readonly Problem[];
  /** The lists whose items are exits: their items' names are given by the editor, and not shown. */
  exitLists: ReadonlySet<string>;
  set: (path: Path, value: Json | undefined) => void;
  /** Says that a field was left. */
  leave: () => void;
};

export const FormContext = createContext<FormParts | null>(null);

export function useForm(): FormParts {
  const parts = useContext(FormContext);
  if (!parts) throw new Error("a field is drawn inside a node's form only");
  return parts;
}
