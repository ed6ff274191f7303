/** Words for what the model names by codes. */
import { useTranslation } from "react-i18next";
import type { Problem } from "../model/problems";

export function useProblemWords(): (problem: Problem) => string {
  const { t } = useTranslation("editor");
  return (problem) =>
    problem.message ??
    (problem.code ? t(`problem.${problem.code}`, problem.values ?? {}) : t("problem.unknown"));
}

/** YES and NO have a shape and a colour; other exits have neither. */
export function toneOf(exit: string): "yes" | "no" | undefined {
  return exit === "yes" || exit === "no" ? exit : undefined;
}
