/** A text that marks names with backticks, as the server's do, with the quotation marks of running text. */
export function readable(text: string): string {
  return text.replaceAll(/`([^`]*)`/g, "“$1”");
}
