import { send } from "./http";
import { inEnvironment } from "./paths";
import type { Conversation, ConversationItem, Environment, List } from "./types";

export const conversations = (
  workspace: string,
  environment: Environment,
  query: { search?: string; cursor?: string },
) =>
  send<List<ConversationItem>>("GET", inEnvironment(workspace, environment, "conversations"), { query }).then(
    (reply) => reply.data,
  );

export const conversation = (workspace: string, environment: Environment, id: string) =>
  send<Conversation>("GET", inEnvironment(workspace, environment, "conversations", id)).then(
    (reply) => reply.data,
  );

/** The address of a conversation's server-sent events: `message`, `visit`, `ended`. */
export const conversationEvents = (workspace: string, environment: Environment, id: string) =>
  `/api/v1${inEnvironment(workspace, environment, "conversations", id, "live")}`;
