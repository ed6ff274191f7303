import type { Environment } from "../../api/types";

/** The one line that puts the chat on a page of one's own site. */
export function embedSnippet(origin: string, route: string, environment: Environment): string {
  const sandbox = environment === "sandbox" ? ' data-environment="sandbox"' : "";
  return `<script async src="${origin}/chat/widget.js" data-route="${route}"${sandbox}></script>`;
}
