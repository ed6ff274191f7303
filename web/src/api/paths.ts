import type { Environment } from "./types";

const part = encodeURIComponent;

/** The path of something in a workspace: `inWorkspace("acme", "workflows", "menu")`. */
export const inWorkspace = (workspace: string, ...rest: (string | number)[]) =>
  ["/workspaces", part(workspace), ...rest.map((piece) => part(String(piece)))].join("/");

/** The path of something in one environment of a workspace. */
export const inEnvironment = (workspace: string, environment: Environment, ...rest: (string | number)[]) =>
  inWorkspace(workspace, "environments", environment, ...rest);
