import { type Reply, send } from "./http";
import { inEnvironment, inWorkspace } from "./paths";
import type {
  ApiDefinition,
  ApiKey,
  Channel,
  ChannelKindItem,
  Connection,
  Environment,
  List,
  Member,
  NewApiKey,
  Role,
  Route,
  Tested,
  Tried,
  WorkspaceSettings,
} from "./types";

const data = <T>(reply: Reply<T>) => reply.data;

export const routes = (workspace: string, environment: Environment) =>
  send<List<Route>>("GET", inEnvironment(workspace, environment, "routes")).then(data);

export type RouteInput = Pick<Route, "name" | "channel" | "workflow"> & {
  key?: string;
  node?: number | null;
};

export const addRoute = (workspace: string, environment: Environment, body: RouteInput) =>
  send<Route>("POST", inEnvironment(workspace, environment, "routes"), { body }).then(data);

export const changeRoute = (
  workspace: string,
  environment: Environment,
  id: string,
  body: Partial<RouteInput>,
) => send<Route>("PATCH", inEnvironment(workspace, environment, "routes", id), { body }).then(data);

export const removeRoute = (workspace: string, environment: Environment, id: string) =>
  send<void>("DELETE", inEnvironment(workspace, environment, "routes", id)).then(data);

/** The types of channels that can be added. */
export const channelKinds = (workspace: string) =>
  send<ChannelKindItem[]>("GET", inWorkspace(workspace, "channel-kinds")).then(data);

export const channels = (workspace: string, environment: Environment) =>
  send<List<Channel>>("GET", inEnvironment(workspace, environment, "channels")).then(data);

export const channel = (workspace: string, environment: Environment, key: string) =>
  send<Channel>("GET", inEnvironment(workspace, environment, "channels", key)).then(data);

export interface ChannelInput {
  key?: string;
  kind: Channel["kind"];
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

export const addChannel = (workspace: string, environment: Environment, body: ChannelInput) =>
  send<Channel>("POST", inEnvironment(workspace, environment, "channels"), { body }).then(data);

export const changeChannel = (
  workspace: string,
  environment: Environment,
  key: string,
  body: Partial<Omit<ChannelInput, "kind">>,
) => send<Channel>("PATCH", inEnvironment(workspace, environment, "channels", key), { body }).then(data);

export const removeChannel = (workspace: string, environment: Environment, key: string) =>
  send<void>("DELETE", inEnvironment(workspace, environment, "channels", key)).then(data);

export const sendTestMessage = (
  workspace: string,
  environment: Environment,
  key: string,
  body: { to: string; text: string },
) =>
  send<Tested>("POST", inEnvironment(workspace, environment, "channels", key, "test-message"), { body }).then(
    data,
  );

export const connections = (workspace: string, environment: Environment) =>
  send<List<Connection>>("GET", inEnvironment(workspace, environment, "connections")).then(data);

export interface ConnectionInput {
  key?: string;
  name: string;
  system: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

export const addConnection = (workspace: string, environment: Environment, body: ConnectionInput) =>
  send<Connection>("POST", inEnvironment(workspace, environment, "connections"), { body }).then(data);

export const changeConnection = (
  workspace: string,
  environment: Environment,
  key: string,
  body: Partial<Omit<ConnectionInput, "system">>,
) =>
  send<Connection>("PATCH", inEnvironment(workspace, environment, "connections", key), { body }).then(data);

export const removeConnection = (workspace: string, environment: Environment, key: string) =>
  send<void>("DELETE", inEnvironment(workspace, environment, "connections", key)).then(data);

export const testConnection = (workspace: string, environment: Environment, key: string) =>
  send<Tested>("POST", inEnvironment(workspace, environment, "connections", key, "test")).then(data);

export const apis = (workspace: string) =>
  send<List<ApiDefinition>>("GET", inWorkspace(workspace, "apis")).then(data);

export type ApiInput = Omit<ApiDefinition, "key" | "secrets"> & { secrets: Record<string, string> };

export const addApi = (workspace: string, body: ApiInput) =>
  send<ApiDefinition>("POST", inWorkspace(workspace, "apis"), { body }).then(data);

export const changeApi = (workspace: string, key: string, body: ApiInput) =>
  send<ApiDefinition>("PATCH", inWorkspace(workspace, "apis", key), { body }).then(data);

export interface TryInput {
  environment: Environment;
  method: string;
  path: string;
  body?: string;
}

export const tryApi = (workspace: string, key: string, body: TryInput) =>
  send<Tried>("POST", inWorkspace(workspace, "apis", key, "try"), { body }).then(data);

export const removeApi = (workspace: string, key: string) =>
  send<void>("DELETE", inWorkspace(workspace, "apis", key)).then(data);

export const members = (workspace: string) =>
  send<List<Member>>("GET", inWorkspace(workspace, "users")).then(data);

export const invite = (workspace: string, body: { email: string; role: Role }) =>
  send<{ url: string }>("POST", inWorkspace(workspace, "users"), { body }).then(data);

export const changeMember = (workspace: string, id: string, body: { role: Role }) =>
  send<Member>("PATCH", inWorkspace(workspace, "users", id), { body }).then(data);

export const removeMember = (workspace: string, id: string) =>
  send<void>("DELETE", inWorkspace(workspace, "users", id)).then(data);

export const apiKeys = (workspace: string) =>
  send<List<ApiKey>>("GET", inWorkspace(workspace, "api-keys")).then(data);

export const makeApiKey = (workspace: string, body: { name: string; role: Role }) =>
  send<NewApiKey>("POST", inWorkspace(workspace, "api-keys"), { body }).then(data);

export const revokeApiKey = (workspace: string, id: string) =>
  send<void>("DELETE", inWorkspace(workspace, "api-keys", id)).then(data);

export const workspaceSettings = (workspace: string) =>
  send<WorkspaceSettings>("GET", inWorkspace(workspace)).then(data);

export const changeWorkspace = (workspace: string, body: Partial<Omit<WorkspaceSettings, "key">>) =>
  send<WorkspaceSettings>("PATCH", inWorkspace(workspace), { body }).then(data);
