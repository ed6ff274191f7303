const LONGEST = 160;

/** A variable's value in one line, cut where it would fill the page. */
export function shortValue(value: unknown): string {
  const text = JSON.stringify(value) ?? "unset";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
