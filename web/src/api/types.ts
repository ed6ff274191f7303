/** The shapes of the HTTP API that the editor reads and writes. */

export type Environment = "sandbox" | "production";

export interface List<T> {
  items: T[];
  next: string | null;
}

// ── Who ──

export type Permission =
  | "workflows.view"
  | "workflows.edit"
  | "workflows.deploy"
  | "workflows.approve"
  | "workflows.dynamic_api"
  | "configuration.view"
  | "configuration.edit"
  | "conversations.view"
  | "conversations.reply"
  | "users.manage"
  | "workspace.manage"
  | "audit.view";

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Workspace {
  id: string;
  key: string;
  name: string;
  role: Role;
  permissions: Permission[];
}

export interface Me {
  user: User;
  workspaces: Workspace[];
  demo: boolean;
}

export type Role = "viewer" | "builder" | "approver" | "agent" | "admin";

export interface Invitation {
  email: string;
  workspace: string;
  role: Role;
  /** Whether the invited person has an account already, and so confirms with its password. */
  has_account: boolean;
}

export interface WorkspaceSettings {
  key: string;
  name: string;
  approval_required: boolean;
}

export interface Member {
  id: string;
  name: string | null;
  email: string;
  role: Role;
  state: "active" | "invited" | "disabled";
  invited_at?: string | null;
  last_seen_at?: string | null;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  role: Role;
  created_at: string;
  last_used_at: string | null;
}

export interface NewApiKey extends ApiKey {
  key: string;
}

// ── Workflows ──

export type WorkflowKind = "standard" | "dynamic_api";
export type WorkflowState = "draft" | "saved" | "live";

export interface WorkflowItem {
  key: string;
  name: string;
  description: string;
  kind: WorkflowKind;
  folder: string | null;
  archived: boolean;
  draft: { etag: string; updated_at: string; updated_by: string | null };
  latest_version: number | null;
  live_version: number | null;
  state: WorkflowState;
}

/** Something that points at a workflow: a route, or another workflow. */
export interface Pointer {
  kind: "route" | "workflow";
  key: string;
  environment?: Environment;
  node?: number;
}

/** Where an exit leads. */
export type Target = number | "end" | { workflow: string; node?: number } | { return: "yes" | "no" };

export interface NodeDocument {
  type: string;
  title?: string;
  note?: string;
  settings: Record<string, unknown>;
  exits: Record<string, Target>;
}

/** A workflow as it is written to a file: format `workflow/1`. */
export interface WorkflowDocument {
  usher: "workflow/1";
  key: string;
  name: string;
  description?: string;
  kind: WorkflowKind;
  languages: string[];
  start: number | null;
  next_number: number;
  nodes: Record<string, NodeDocument>;
  removed: Record<string, NodeDocument>;
  layout: Record<string, [number, number]>;
}

export interface WorkflowProblem {
  node: number;
  exit?: string;
  pointer?: string;
  severity: "error" | "warning";
  message: string;
}

export interface Kept {
  kept_at: string;
  problems: WorkflowProblem[];
}

export interface VersionItem {
  version: number;
  created_at: string;
  created_by: string | null;
  note: string | null;
}

export interface VariableItem {
  name: string;
  set_by: number | null;
  kind: string | null;
}

export interface LiveWorkflow {
  key: string;
  name: string;
  kind: WorkflowKind;
  version: number;
  deployed_at: string;
}

// ── Catalogue ──

export type ExitRule = { name: string; label: string; when?: string } | { each: string; label: string };

/** A JSON Schema, as far as forms are drawn from it. */
export interface Schema {
  [keyword: string]: unknown;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  default?: unknown;
  "x-widget"?: string;
}

export interface NodeType {
  type: string;
  title: string;
  family: "user_facing" | "action" | "integration";
  group: string;
  icon: string;
  tooltip: string;
  schema: Schema;
  new: Record<string, unknown>;
  exits: ExitRule[];
  summary: string;
  sets: string | null;
  waits: boolean;
  system: string | null;
}

/** A system that can be connected: what a connection must be told. */
export interface System {
  system: string;
  title: string;
  settings: Schema;
  secrets: Schema;
}

export interface Catalogue {
  types: NodeType[];
  systems: System[];
  /** The connections of the sandbox. */
  connections: Connection[];
}

// ── Configuration ──

export interface Route {
  id: string;
  key: string;
  name: string;
  channel: string;
  entry: string;
  workflow: string;
  node: number | null;
  url: string | null;
}

export type ChannelKind = "whatsapp" | "web_chat";

/** A type of channel: what one of it must be told. */
export interface ChannelKindItem {
  kind: ChannelKind;
  title: string;
  settings: Schema;
  secrets: Schema;
  webhook: boolean;
}

export interface Channel {
  key: string;
  kind: ChannelKind;
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, boolean>;
  callback_url: string | null;
  verify_token: string | null;
  verified_at: string | null;
  last_webhook_at: string | null;
  last_error: { at: string | null; message: string } | null;
}

export interface Connection {
  key: string;
  name: string;
  system: string;
  settings: Record<string, unknown>;
  secrets: Record<string, boolean>;
  state: "untested" | "working" | "failing";
  tested_at: string | null;
  message: string | null;
}

export interface Tested {
  ok: boolean;
  message: string;
}

export type Scheme =
  | { kind: "none" }
  | { kind: "basic"; user: string }
  | { kind: "bearer" }
  | { kind: "api_key"; header: string }
  | {
      kind: "oauth_client_credentials";
      token_url: string;
      client_id: string;
      scope?: string;
      credentials_in?: "header" | "form";
    };

export type ContentType = "json" | "form" | "xml" | "text";

/** An HTTP interface of the business's own. */
export interface ApiDefinition {
  key: string;
  name: string;
  description?: string;
  base_url: Partial<Record<Environment, string>>;
  authentication: Scheme;
  headers?: Record<string, string>;
  request_type: ContentType;
  response_type: ContentType;
  timeout_seconds: number;
  base_element?: string;
  validation: { element: string; values: string[] };
  /** Which secrets are kept; their values never come back. */
  secrets: Record<string, boolean>;
}

/** What an API answered when it was tried. */
export interface Tried {
  answered: boolean;
  status: number | null;
  content_type: string | null;
  body: string | null;
  message: string | null;
  milliseconds: number;
}

// ── Conversations ──

export type OutboundMessage =
  | { kind: "text"; text: string }
  | {
      kind: "buttons";
      header?: string;
      text: string;
      footer?: string;
      buttons: { id: string; title: string }[];
    }
  | {
      kind: "list";
      header?: string;
      text: string;
      footer?: string;
      button: string;
      sections: { title?: string; rows: { id: string; title: string; description?: string }[] }[];
    };

export type InboundMessage =
  | { kind: "text"; text: string }
  | { kind: "tap"; id: string; title: string }
  | { kind: "media"; media: string; caption?: string; file_name?: string }
  | { kind: "location"; latitude: string; longitude: string; name?: string; address?: string }
  | { kind: "contacts" }
  | { kind: "order" }
  | { kind: "form" }
  | { kind: "reaction"; emoji: string }
  | { kind: "other"; type: string };

export type DeliveryState = "pending" | "sent" | "delivered" | "read" | "failed";

export interface TranscriptMessage {
  /** Its place at the address; rises. */
  position?: number;
  at: string;
  direction: "in" | "out";
  node?: number | null;
  message: InboundMessage | OutboundMessage;
  state?: DeliveryState | null;
  error?: string | null;
  provider?: unknown;
}

export interface Visit {
  at: string;
  workflow: string;
  version: number | null;
  node: number;
  type: string;
  event: "entered" | "resumed";
  /** The exit by which it was left; none while it waits. */
  exit?: string | null;
  sets?: { name: string; value: unknown }[];
  notes?: { level: "info" | "warning" | "error"; text: string }[];
}

export type ConversationState = "running" | "ended";

export interface ConversationItem {
  id: string;
  /** The key of its channel. */
  channel: string;
  address: string;
  contact: { name: string | null; phone: string | null; language: string | null };
  workflow: string;
  started_at: string;
  ended_at: string | null;
  state: ConversationState;
  outcome: string | null;
  last_message: string | null;
}

export interface Conversation extends ConversationItem {
  /** The number of the deployment that it runs on. */
  deployment: number;
  waiting_at: number | null;
  /** Why it ended, where there is more to say. */
  detail: string | null;
  messages: TranscriptMessage[];
  visits: Visit[];
  variables: Record<string, unknown>;
}

// ── Preview ──

export interface Preview {
  messages: TranscriptMessage[];
  visits: Visit[];
  variables: Record<string, unknown>;
  waiting_at: number | null;
  state: ConversationState;
}

export interface PreviewRequest {
  workflow: string;
  node?: number;
  channel: string;
  contact?: { name?: string; language?: string; address?: string };
}
