import type { WorkflowItem } from "../../api/types";

export const shows = ["all", "draft", "live", "archived"] as const;
export type Show = (typeof shows)[number];

/** Those workflows that a filter and a search show; the archived ones only when they are asked for. */
export function shown(workflows: WorkflowItem[], show: Show, search: string): WorkflowItem[] {
  const wanted = search.trim().toLowerCase();
  return workflows.filter((workflow) => {
    if (workflow.archived !== (show === "archived")) return false;
    if (show === "live" && workflow.live_version == null) return false;
    if (show === "draft" && workflow.live_version != null) return false;
    return wanted === "" || text(workflow).includes(wanted);
  });
}

/** How many workflows each filter shows. */
export function counts(workflows: WorkflowItem[]): Record<Show, number> {
  return Object.fromEntries(shows.map((show) => [show, shown(workflows, show, "").length])) as Record<
    Show,
    number
  >;
}

function text({ name, key, description, folder }: WorkflowItem): string {
  return [name, key, description, folder].join("\n").toLowerCase();
}
