/*
 * The shapes of the HTTP API, taken from its description; where that says no more than "an object" or "a text",
 * the rest is said here.
 */
import type { components } from "./schema";

type Schemas = components["schemas"];
type Refined<T, More> = Omit<T, keyof More> & More;

export type Environment = "sandbox" | "production";

export interface List<T> {
  items: T[];
  next?: string | null;
}

type Settings = Record<string, unknown>;

// ── Who ──

export type Me = Schemas["Me"];
export type Workspace = Schemas["MyWorkspace"];
export type Permission = Schemas["Permission"];
export type Role = Schemas["Role"];
export type Invitation = Schemas["Invitation"];
export type EnvironmentSettings = Schemas["EnvironmentItem"];
export type Retention = Schemas["RetentionItem"];
export type WorkspaceSettings = Schemas["WorkspaceItem"];
export type Member = Schemas["MemberItem"];
export type ApiKey = Schemas["ApiKeyItem"];
export type NewApiKey = Schemas["NewApiKey"];

// ── Workflows ──

export type WorkflowKind = Schemas["WorkflowKind"];
export type WorkflowState = Schemas["WorkflowState"];
export type WorkflowItem = Schemas["WorkflowItem"];
export type WorkflowDocument = Schemas["WorkflowDocument"];
export type WorkflowProblem = Schemas["WorkflowProblem"];
export type NodeDocument = Schemas["Node"];
export type NodeHour = Schemas["NodeHour"];
export type Target = Schemas["Target"];
export type Kept = Schemas["KeptDraft"];
export type VersionItem = Schemas["VersionItem"];
export type VariableItem = Schemas["Variable"];
export type LiveWorkflow = Schemas["LiveWorkflow"];

/** Something that points at a workflow: a route, or another workflow. */
export interface Pointer {
  kind: "route" | "workflow";
  key: string;
  environment?: Environment;
  node?: number;
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

type Forms = { settings: Schema; secrets: Schema };

/** A system that can be connected: what a connection must be told. */
export type System = Refined<Schemas["SystemItem"], Forms>;

export type Catalogue = Refined<
  Schemas["WorkspaceCatalogue"],
  { types: NodeType[]; systems: System[]; connections: Connection[] }
>;

// ── Configuration ──

export type Route = Schemas["RouteItem"];

export type ChannelKind = "whatsapp" | "web_chat";

/** A type of channel: what one of it must be told. */
export type ChannelKindItem = Refined<Schemas["ChannelKind"], Forms & { kind: ChannelKind }>;
export type Channel = Refined<Schemas["ChannelItem"], { kind: ChannelKind; settings: Settings }>;
export type Connection = Refined<
  Schemas["ConnectionItem"],
  { settings: Settings; state: "untested" | "working" | "failing" }
>;
export type Tested = Schemas["Tested"];

export type Scheme = Schemas["Scheme"];
export type ContentType = Schemas["ContentType"];
export type ApiDefinition = Schemas["ApiItem"];
export type ApiInput = Refined<Schemas["ApiInput"], { secrets: Record<string, string> }>;
export type Tried = Schemas["Tried"];

// ── Conversations ──

export type OutboundMessage = Schemas["Outbound"];
export type InboundMessage = Schemas["Inbound"];
export type DeliveryState = "pending" | "sent" | "delivered" | "read" | "failed";

type Said = { direction: "in"; message: InboundMessage } | { direction: "out"; message: OutboundMessage };

export type TranscriptMessage = Pick<Schemas["MessageItem"], "at" | "node" | "error"> &
  Said & { state?: DeliveryState | null; provider?: unknown };

/** One node's part in a turn; what is empty is left out. */
export interface Visit {
  at: string;
  workflow: string;
  version?: number | null;
  node: number;
  type: string;
  event: "entered" | "resumed";
  /** The exit by which it was left; none while it waits. */
  exit?: string | null;
  sets?: { name: string; value: unknown }[];
  notes?: { level: "info" | "warning" | "error"; text: string }[];
}

export type ConversationState = "running" | "ended";
export type ConversationItem = Refined<Schemas["ConversationItem"], { state: ConversationState }>;

type Happened = {
  messages: TranscriptMessage[];
  visits: Visit[];
  variables: Record<string, unknown>;
  state: ConversationState;
};

export type Conversation = Refined<Schemas["ConversationDetail"], Happened>;

// ── Operations ──

export type Health = Schemas["Health"];
export type KeptItem = Schemas["KeptItem"];
export type KeptDetail = KeptItem & { body: unknown; cut: boolean };
export type DeadLetter = Refined<Schemas["DeadLetterItem"], { message?: OutboundMessage | null }>;
export type RetriedLetters = Schemas["RetriedLetters"];
export type AuditEntry = Refined<Schemas["AuditItem"], { details: Record<string, unknown> }>;
export type Deployment = Schemas["DeploymentItem"];

// ── Preview ──

export type Preview = Refined<Schemas["PreviewDetail"], Happened>;
export type PreviewRequest = Schemas["PreviewStart"];
