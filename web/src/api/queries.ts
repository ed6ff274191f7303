import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import * as configuration from "./configuration";
import * as conversations from "./conversations";
import * as operations from "./operations";
import * as session from "./session";
import type { Environment } from "./types";
import * as workflows from "./workflows";

/*
 * What is read from the server, each with the key under which it is cached. Keys begin with the workspace
 * and, where it counts, the environment, so that a change invalidates by a prefix.
 */

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: session.me, staleTime: 60_000 });

export const setupQuery = queryOptions({ queryKey: ["setup"], queryFn: session.setupNeeded });

export const catalogueQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, "catalogue"], queryFn: () => workflows.catalogue(workspace) });

export const channelKindsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, "channel-kinds"],
    queryFn: () => configuration.channelKinds(workspace),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const workflowsQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, "workflows"], queryFn: () => workflows.workflows(workspace) });

export const workflowQuery = (workspace: string, key: string) =>
  queryOptions({
    queryKey: [workspace, "workflows", key],
    queryFn: () => workflows.workflow(workspace, key),
  });

export const versionsQuery = (workspace: string, key: string) =>
  queryOptions({
    queryKey: [workspace, "workflows", key, "versions"],
    queryFn: () => workflows.versions(workspace, key),
  });

export const liveWorkflowsQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "workflows"],
    queryFn: () => workflows.liveWorkflows(workspace, environment),
  });

export const routesQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "routes"],
    queryFn: () => configuration.routes(workspace, environment),
  });

export const channelsQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "channels"],
    queryFn: () => configuration.channels(workspace, environment),
  });

export const channelQuery = (workspace: string, environment: Environment, key: string) =>
  queryOptions({
    queryKey: [workspace, environment, "channels", key],
    queryFn: () => configuration.channel(workspace, environment, key),
  });

export const connectionsQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "connections"],
    queryFn: () => configuration.connections(workspace, environment),
  });

export const apisQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, "apis"], queryFn: () => configuration.apis(workspace) });

export const membersQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, "users"], queryFn: () => configuration.members(workspace) });

export const apiKeysQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, "api-keys"], queryFn: () => configuration.apiKeys(workspace) });

export const workspaceQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, "settings"],
    queryFn: () => configuration.workspaceSettings(workspace),
  });

export const environmentQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "settings"],
    queryFn: () => configuration.environmentSettings(workspace, environment),
  });

export const conversationsQuery = (workspace: string, environment: Environment, search: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, environment, "conversations", { search }],
    queryFn: ({ pageParam }) =>
      conversations.conversations(workspace, environment, { search, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const conversationQuery = (workspace: string, environment: Environment, id: string) =>
  queryOptions({
    queryKey: [workspace, environment, "conversations", id],
    queryFn: () => conversations.conversation(workspace, environment, id),
  });

export const healthQuery = (workspace: string, environment: Environment) =>
  queryOptions({
    queryKey: [workspace, environment, "operations", "health"],
    queryFn: () => operations.health(workspace, environment),
  });

export const keptQuery = (workspace: string, environment: Environment) =>
  infiniteQueryOptions({
    queryKey: [workspace, environment, "operations", "kept"],
    queryFn: ({ pageParam }) => operations.kept(workspace, environment, { cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const keptDetailQuery = (workspace: string, environment: Environment, id: string) =>
  queryOptions({
    queryKey: [workspace, environment, "operations", "kept", id],
    queryFn: () => operations.keptDetail(workspace, environment, id),
  });

export const deadLettersQuery = (
  workspace: string,
  environment: Environment,
  filter: operations.DeadLetterFilter,
) =>
  infiniteQueryOptions({
    queryKey: [workspace, environment, "operations", "dead-letters", filter],
    queryFn: ({ pageParam }) =>
      operations.deadLetters(workspace, environment, { ...filter, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** Everything on the page of operations, to be read anew after something was tried again or dropped. */
export const operationsKey = (workspace: string, environment: Environment) => [
  workspace,
  environment,
  "operations",
];

export const auditQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, "audit"],
    queryFn: ({ pageParam }) => operations.audit(workspace, { cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const deploymentsQuery = (workspace: string, environment: Environment) =>
  infiniteQueryOptions({
    queryKey: [workspace, environment, "deployments"],
    queryFn: ({ pageParam }) => operations.deployments(workspace, environment, { cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
