import { client, data, reply } from "./client";
import type { Catalogue, Environment, WorkflowDocument, WorkflowKind } from "./types";

const W = "/api/v1/workspaces/{workspace}";
const E = `${W}/environments/{environment}` as const;
const one = `${W}/workflows/{workflow}` as const;

const of = (workspace: string, workflow: string) => ({ path: { workspace, workflow } });
const at = (workspace: string, environment: Environment) => ({ path: { workspace, environment } });

export const catalogue = (workspace: string) =>
  data(
    client.GET(`${W}/catalogue`, { params: { path: { workspace } } }),
  ) as Promise<unknown> as Promise<Catalogue>;

export const workflows = (workspace: string) =>
  data(client.GET(`${W}/workflows`, { params: { path: { workspace } } }));

export const workflow = (workspace: string, key: string) =>
  data(client.GET(one, { params: of(workspace, key) }));

export const createWorkflow = (workspace: string, body: { name: string; kind?: WorkflowKind }) =>
  data(client.POST(`${W}/workflows`, { params: { path: { workspace } }, body }));

export const changeWorkflow = (
  workspace: string,
  key: string,
  body: { name?: string; description?: string; folder?: string | null; archived?: boolean },
) => data(client.PATCH(one, { params: of(workspace, key), body }));

export const duplicateWorkflow = (workspace: string, key: string, name: string) =>
  data(client.POST(`${one}/duplicate`, { params: of(workspace, key), body: { name } }));

export const deleteWorkflow = (workspace: string, key: string) =>
  data(client.DELETE(one, { params: of(workspace, key) }));

/** The draft with its ETag, which the next `keepDraft` has to name. */
export const draft = (workspace: string, key: string) =>
  reply(client.GET(`${one}/draft`, { params: of(workspace, key) }));

/** Keeps the draft; a `Problem` of status 412 says that somebody else changed it meanwhile. */
export const keepDraft = (workspace: string, key: string, document: WorkflowDocument, etag: string) =>
  reply(
    client.PUT(`${one}/draft`, { params: of(workspace, key), body: document, headers: { "If-Match": etag } }),
  );

/** Takes the next node numbers of a workflow; a number is never given out twice. */
export const takeNumbers = (workspace: string, key: string, count = 1) =>
  data(client.POST(`${one}/numbers`, { params: of(workspace, key), body: { count } }));

export const versions = (workspace: string, key: string) =>
  data(client.GET(`${one}/versions`, { params: of(workspace, key) }));

export const version = (workspace: string, key: string, number: number) =>
  data(
    client.GET(`${one}/versions/{version}`, {
      params: { path: { workspace, workflow: key, version: number } },
    }),
  );

export const saveVersion = (workspace: string, key: string, etag: string, note?: string) =>
  data(
    client.POST(`${one}/versions`, {
      params: of(workspace, key),
      body: { note },
      headers: { "If-Match": etag },
    }),
  );

/** The variables that are set on the way to a node, and the built-in ones. */
export const variablesBefore = (workspace: string, key: string, node: number) =>
  data(client.GET(`${one}/draft/variables`, { params: { ...of(workspace, key), query: { node } } }));

export const liveWorkflows = (workspace: string, environment: Environment) =>
  data(client.GET(`${E}/workflows`, { params: at(workspace, environment) }));

export const liveWorkflow = (workspace: string, environment: Environment, key: string) =>
  data(
    client.GET(`${E}/workflows/{workflow}`, { params: { path: { workspace, environment, workflow: key } } }),
  );

export const deploy = (
  workspace: string,
  environment: Environment,
  body: { workflows: Record<string, number>; note?: string },
) => data(client.POST(`${E}/deployments`, { params: at(workspace, environment), body }));
