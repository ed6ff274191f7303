import { type ChangeEvent, useState } from "react";
import { Problem } from "../api/problem";

type Texts = Record<string, string>;

interface Rules<T extends Texts> {
  initial: T;
  /** What is wrong with a field, in a sentence; shown once the field was left. */
  check?: (field: keyof T, values: T) => string | undefined;
}

/** The texts of a small form: their values, and what is wrong with each once it was left. */
export function useForm<T extends Texts>({ initial, check }: Rules<T>) {
  const [values, setValues] = useState(initial);
  const [left, setLeft] = useState<ReadonlySet<keyof T>>(new Set());
  const [refused, setRefused] = useState<Problem | null>(null);

  const wrong = (field: keyof T) => check?.(field, values) ?? refused?.field(`/${String(field)}`);
  const set = (field: keyof T, value: string) => {
    setValues((old) => ({ ...old, [field]: value }));
    setRefused(null);
  };

  return {
    values,
    set,
    /** What a field takes: its value, its handlers, its error. */
    field: (field: keyof T & string) => ({
      name: field,
      value: values[field] ?? "",
      error: left.has(field) ? wrong(field) : undefined,
      onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
        set(field, event.currentTarget.value),
      onBlur: () => setLeft((old) => new Set(old).add(field)),
    }),
    /** Marks every field as left and says whether all are well. */
    ready: () => {
      const fields = Object.keys(values) as (keyof T)[];
      setLeft(new Set(fields));
      setRefused(null);
      return fields.every((field) => check?.(field, values) === undefined);
    },
    /** Shows at its field what the server refused. */
    refuse: (error: unknown) => setRefused(error instanceof Problem ? error : null),
  };
}
