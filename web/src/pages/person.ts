import { i18next } from "../i18n";

export const MIN_PASSWORD = 10;

/** What is wrong with a field of a person who is signing up, in a sentence. */
export function checkPerson(field: "name" | "email" | "password", value: string): string | undefined {
  if (field === "name") return value.trim() === "" ? i18next.t("person.name") : undefined;
  if (field === "email")
    return /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? undefined : i18next.t("person.email");
  const length = [...value].length;
  return length >= MIN_PASSWORD
    ? undefined
    : i18next.t("person.password", { count: length, least: MIN_PASSWORD });
}
