import { client, data } from "./client";
import type { Conversation, ConversationItem, Environment, List } from "./types";

const C = "/api/v1/workspaces/{workspace}/environments/{environment}/conversations";

export const conversations = (
  workspace: string,
  environment: Environment,
  query: { search?: string; cursor?: string },
) =>
  data(client.GET(C, { params: { path: { workspace, environment }, query } })) as Promise<
    List<ConversationItem>
  >;

export const conversation = (workspace: string, environment: Environment, id: string) =>
  data(
    client.GET(`${C}/{id}`, { params: { path: { workspace, environment, id } } }),
  ) as Promise<unknown> as Promise<Conversation>;

/** The address of a conversation's server-sent events: `message`, `visit`, `ended`. */
export const conversationEvents = (workspace: string, environment: Environment, id: string) =>
  `/api/v1/workspaces/${encodeURIComponent(workspace)}/environments/${environment}/conversations/${encodeURIComponent(id)}/live`;
