import { TagsInput } from "@mantine/core";
import type { Json } from "../model/document";
import { type Path, useForm } from "./form-context";

type Props = { labelId: string; path: Path; value: Json | undefined; onLeave: () => void };

/** A list of words, each as a tag. */
export function Words({ labelId, path, value, onLeave }: Props) {
  const { set, readOnly } = useForm();
  const words = Array.isArray(value) ? value.map(String) : [];
  return (
    <TagsInput
      aria-labelledby={labelId}
      value={words}
      disabled={readOnly}
      onChange={(next) => set(path, next)}
      onBlur={onLeave}
      splitChars={[",", ";"]}
      size="sm"
    />
  );
}
