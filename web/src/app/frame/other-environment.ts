import type { Environment } from "../../api/types";

/**
 * The same page in the other environment. What is held per environment (one conversation, one channel)
 * has no counterpart there, so that its list is shown instead; a workflow is the same in both.
 */
export function inOtherEnvironment(path: string, environment: Environment): string {
  const [, prefix, workspace, , section, item] = path.split("/");
  if (prefix !== "w" || !workspace) return path;
  const base = `/w/${workspace}/${environment}/${section || "workflows"}`;
  return section === "workflows" && item ? `${base}/${item}` : base;
}
