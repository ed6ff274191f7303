import { type Reply, send } from "./http";
import { inEnvironment, inWorkspace } from "./paths";
import type {
  Catalogue,
  Environment,
  Kept,
  List,
  LiveWorkflow,
  VariableItem,
  VersionItem,
  WorkflowDocument,
  WorkflowItem,
  WorkflowKind,
} from "./types";

const data = <T>(reply: Reply<T>) => reply.data;

export const catalogue = (workspace: string) =>
  send<Catalogue>("GET", inWorkspace(workspace, "catalogue")).then(data);

export const workflows = (workspace: string) =>
  send<List<WorkflowItem>>("GET", inWorkspace(workspace, "workflows")).then(data);

export const workflow = (workspace: string, key: string) =>
  send<WorkflowItem>("GET", inWorkspace(workspace, "workflows", key)).then(data);

export const createWorkflow = (workspace: string, body: { name: string; kind?: WorkflowKind }) =>
  send<WorkflowItem>("POST", inWorkspace(workspace, "workflows"), { body }).then(data);

export const changeWorkflow = (
  workspace: string,
  key: string,
  body: { name?: string; description?: string; folder?: string | null; archived?: boolean },
) => send<WorkflowItem>("PATCH", inWorkspace(workspace, "workflows", key), { body }).then(data);

export const duplicateWorkflow = (workspace: string, key: string, name: string) =>
  send<WorkflowItem>("POST", inWorkspace(workspace, "workflows", key, "duplicate"), { body: { name } }).then(
    data,
  );

export const deleteWorkflow = (workspace: string, key: string) =>
  send<void>("DELETE", inWorkspace(workspace, "workflows", key)).then(data);

/** The draft with its ETag, which the next `keepDraft` has to name. */
export const draft = (workspace: string, key: string) =>
  send<WorkflowDocument>("GET", inWorkspace(workspace, "workflows", key, "draft"));

/** Keeps the draft; a `Problem` of status 412 says that somebody else changed it meanwhile. */
export const keepDraft = (workspace: string, key: string, document: WorkflowDocument, etag: string) =>
  send<Kept>("PUT", inWorkspace(workspace, "workflows", key, "draft"), { body: document, ifMatch: etag });

/** Takes the next node numbers of a workflow; a number is never given out twice. */
export const takeNumbers = (workspace: string, key: string, count = 1) =>
  send<{ first: number; count: number }>("POST", inWorkspace(workspace, "workflows", key, "numbers"), {
    body: { count },
  }).then(data);

export const versions = (workspace: string, key: string) =>
  send<List<VersionItem>>("GET", inWorkspace(workspace, "workflows", key, "versions")).then(data);

export const version = (workspace: string, key: string, number: number) =>
  send<WorkflowDocument>("GET", inWorkspace(workspace, "workflows", key, "versions", number)).then(data);

export const saveVersion = (workspace: string, key: string, etag: string, note?: string) =>
  send<{ version: number }>("POST", inWorkspace(workspace, "workflows", key, "versions"), {
    body: { note },
    ifMatch: etag,
  }).then(data);

/** The variables that are set on the way to a node, and the built-in ones. */
export const variablesBefore = (workspace: string, key: string, node: number) =>
  send<VariableItem[]>("GET", inWorkspace(workspace, "workflows", key, "draft", "variables"), {
    query: { node },
  }).then(data);

export const liveWorkflows = (workspace: string, environment: Environment) =>
  send<List<LiveWorkflow>>("GET", inEnvironment(workspace, environment, "workflows")).then(data);

export const liveWorkflow = (workspace: string, environment: Environment, key: string) =>
  send<{ version: number; document: WorkflowDocument }>(
    "GET",
    inEnvironment(workspace, environment, "workflows", key),
  ).then(data);

export const deploy = (
  workspace: string,
  environment: Environment,
  body: { workflows: Record<string, number>; note?: string },
) =>
  send<{ number: number }>("POST", inEnvironment(workspace, environment, "deployments"), { body }).then(data);
