import type { Environment } from "./types";

/** The address of a workflow's server-sent statistics: `hours`, first those of the last 24 hours, then what changes. */
export const statisticsEvents = (workspace: string, environment: Environment, workflow: string) =>
  `/api/v1/workspaces/${encodeURIComponent(workspace)}/environments/${environment}/workflows/${encodeURIComponent(workflow)}/statistics/live`;
