import { client, data } from "./client";
import type {
  ApiInput,
  Channel,
  ChannelKindItem,
  Connection,
  Environment,
  EnvironmentSettings,
  List,
  Role,
  Route,
  WorkspaceSettings,
} from "./types";

const W = "/api/v1/workspaces/{workspace}";
const E = `${W}/environments/{environment}` as const;

const of = (workspace: string) => ({ path: { workspace } });
const at = (workspace: string, environment: Environment) => ({ path: { workspace, environment } });

// ── Routes ──

export type RouteInput = Pick<Route, "name" | "channel" | "workflow" | "node">;

export const routes = (workspace: string, environment: Environment) =>
  data(client.GET(`${E}/routes`, { params: at(workspace, environment) }));

export const addRoute = (workspace: string, environment: Environment, body: RouteInput) =>
  data(client.POST(`${E}/routes`, { params: at(workspace, environment), body }));

export const changeRoute = (workspace: string, environment: Environment, id: string, body: RouteInput) =>
  data(client.PATCH(`${E}/routes/{id}`, { params: { path: { workspace, environment, id } }, body }));

export const removeRoute = (workspace: string, environment: Environment, id: string) =>
  data(client.DELETE(`${E}/routes/{id}`, { params: { path: { workspace, environment, id } } }));

// ── Channels ──

export interface ChannelInput {
  kind: Channel["kind"];
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

const channelOf = (workspace: string, environment: Environment, channel: string) => ({
  path: { workspace, environment, channel },
});

/** The types of channels that can be added. */
export const channelKinds = (workspace: string) =>
  data(client.GET(`${W}/channel-kinds`, { params: of(workspace) })) as Promise<ChannelKindItem[]>;

export const channels = (workspace: string, environment: Environment) =>
  data(client.GET(`${E}/channels`, { params: at(workspace, environment) })) as Promise<List<Channel>>;

export const channel = (workspace: string, environment: Environment, key: string) =>
  data(
    client.GET(`${E}/channels/{channel}`, { params: channelOf(workspace, environment, key) }),
  ) as Promise<Channel>;

export const addChannel = (workspace: string, environment: Environment, body: ChannelInput) =>
  data(client.POST(`${E}/channels`, { params: at(workspace, environment), body }));

export const changeChannel = (
  workspace: string,
  environment: Environment,
  key: string,
  body: Omit<ChannelInput, "kind">,
) => data(client.PATCH(`${E}/channels/{channel}`, { params: channelOf(workspace, environment, key), body }));

export const removeChannel = (workspace: string, environment: Environment, key: string) =>
  data(client.DELETE(`${E}/channels/{channel}`, { params: channelOf(workspace, environment, key) }));

export const sendTestMessage = (
  workspace: string,
  environment: Environment,
  key: string,
  body: { to: string; text: string },
) =>
  data(
    client.POST(`${E}/channels/{channel}/test-message`, {
      params: channelOf(workspace, environment, key),
      body,
    }),
  );

// ── Connections ──

export interface ConnectionInput {
  name: string;
  system: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
}

const connectionOf = (workspace: string, environment: Environment, connection: string) => ({
  path: { workspace, environment, connection },
});

export const connections = (workspace: string, environment: Environment) =>
  data(client.GET(`${E}/connections`, { params: at(workspace, environment) })) as Promise<List<Connection>>;

export const addConnection = (workspace: string, environment: Environment, body: ConnectionInput) =>
  data(client.POST(`${E}/connections`, { params: at(workspace, environment), body }));

export const changeConnection = (
  workspace: string,
  environment: Environment,
  key: string,
  body: Omit<ConnectionInput, "system">,
) =>
  data(
    client.PATCH(`${E}/connections/{connection}`, {
      params: connectionOf(workspace, environment, key),
      body,
    }),
  );

export const removeConnection = (workspace: string, environment: Environment, key: string) =>
  data(client.DELETE(`${E}/connections/{connection}`, { params: connectionOf(workspace, environment, key) }));

export const testConnection = (workspace: string, environment: Environment, key: string) =>
  data(
    client.POST(`${E}/connections/{connection}/test`, { params: connectionOf(workspace, environment, key) }),
  );

// ── APIs ──

const apiOf = (workspace: string, api: string) => ({ path: { workspace, api } });

export const apis = (workspace: string) => data(client.GET(`${W}/apis`, { params: of(workspace) }));

export const addApi = (workspace: string, body: ApiInput) =>
  data(client.POST(`${W}/apis`, { params: of(workspace), body }));

export const changeApi = (workspace: string, key: string, body: ApiInput) =>
  data(client.PATCH(`${W}/apis/{api}`, { params: apiOf(workspace, key), body: { ...body } }));

export const removeApi = (workspace: string, key: string) =>
  data(client.DELETE(`${W}/apis/{api}`, { params: apiOf(workspace, key) }));

export interface TryInput {
  environment: Environment;
  method: string;
  path: string;
  body?: string;
}

export const tryApi = (workspace: string, key: string, body: TryInput) =>
  data(client.POST(`${W}/apis/{api}/try`, { params: apiOf(workspace, key), body }));

// ── People ──

const personOf = (workspace: string, id: string) => ({ path: { workspace, id } });

export const members = (workspace: string) => data(client.GET(`${W}/users`, { params: of(workspace) }));

export const invite = (workspace: string, body: { email: string; role: Role }) =>
  data(client.POST(`${W}/users`, { params: of(workspace), body }));

export const changeMember = (workspace: string, id: string, body: { role: Role }) =>
  data(client.PATCH(`${W}/users/{id}`, { params: personOf(workspace, id), body }));

export const removeMember = (workspace: string, id: string) =>
  data(client.DELETE(`${W}/users/{id}`, { params: personOf(workspace, id) }));

export const apiKeys = (workspace: string) => data(client.GET(`${W}/api-keys`, { params: of(workspace) }));

export const makeApiKey = (workspace: string, body: { name: string; role: Role }) =>
  data(client.POST(`${W}/api-keys`, { params: of(workspace), body }));

export const revokeApiKey = (workspace: string, id: string) =>
  data(client.DELETE(`${W}/api-keys/{id}`, { params: personOf(workspace, id) }));

// ── Workspace ──

export const workspaceSettings = (workspace: string) => data(client.GET(W, { params: of(workspace) }));

export const changeWorkspace = (workspace: string, body: Partial<Omit<WorkspaceSettings, "key">>) =>
  data(client.PATCH(W, { params: of(workspace), body }));

// ── Environment ──

export const environmentSettings = (workspace: string, environment: Environment) =>
  data(client.GET(E, { params: at(workspace, environment) }));

export const changeEnvironment = (
  workspace: string,
  environment: Environment,
  body: Partial<EnvironmentSettings>,
) => data(client.PATCH(E, { params: at(workspace, environment), body }));
