import type {
  ApiDefinition,
  ApiKey,
  Channel,
  ChannelKindItem,
  Connection,
  Conversation,
  Environment,
  Me,
  Member,
  Route,
  System,
  VersionItem,
  WorkflowDocument,
  WorkflowItem,
  WorkspaceSettings,
} from "../src/api/types";
import { orderStatus } from "../src/editor/fixtures/order-status";

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export interface FakeWorkflow {
  item: WorkflowItem;
  document: WorkflowDocument;
  versions: VersionItem[];
}

/** What one made-up workspace holds. */
export interface World {
  setUp: boolean;
  me: Me;
  signedIn: boolean;
  settings: WorkspaceSettings;
  workflows: FakeWorkflow[];
  channels: Record<Environment, Channel[]>;
  routes: Record<Environment, Route[]>;
  connections: Record<Environment, Connection[]>;
  conversations: Record<Environment, Conversation[]>;
  apis: ApiDefinition[];
  members: Member[];
  keys: ApiKey[];
}

const permissions: Me["workspaces"][number]["permissions"] = [
  "workflows.view",
  "workflows.edit",
  "workflows.deploy",
  "workflows.approve",
  "workflows.dynamic_api",
  "configuration.view",
  "configuration.edit",
  "conversations.view",
  "conversations.reply",
  "users.manage",
  "workspace.manage",
  "audit.view",
];

export const blank = (key: string, name: string): WorkflowDocument => ({
  usher: "workflow/1",
  key,
  name,
  kind: "standard",
  languages: ["en"],
  start: null,
  next_number: 1,
  nodes: {},
  removed: {},
  layout: {},
});

function workflow(key: string, name: string, more: Partial<WorkflowItem>): FakeWorkflow {
  return {
    item: {
      key,
      name,
      description: "",
      kind: "standard",
      folder: null,
      archived: false,
      draft: { etag: '"1"', updated_at: minutesAgo(42), updated_by: "Ann Baker" },
      latest_version: null,
      live_version: null,
      state: "draft",
      ...more,
    },
    document: key === "order-status" ? (orderStatus as WorkflowDocument) : blank(key, name),
    versions: [],
  };
}

const webChat: Channel = {
  key: "web",
  kind: "web_chat",
  name: "Web chat",
  settings: { title: "Chat with us", color: "#4f46e5", placeholder: "Write a message" },
  secrets: {},
  callback_url: null,
  verify_token: null,
  verified_at: null,
  last_webhook_at: null,
  last_error: null,
};

const whatsApp: Channel = {
  key: "whatsapp",
  kind: "whatsapp",
  name: "WhatsApp support",
  settings: { phone_number_id: "106540352242922", api_base: "https://graph.facebook.com/v23.0" },
  secrets: { access_token: true, app_secret: true },
  callback_url: "https://usher.example.com/in/whatsapp/0192f1c4-7d1e-7a3b",
  verify_token: "b4Qm0xv2s7Kt",
  verified_at: minutesAgo(4000),
  last_webhook_at: minutesAgo(3),
  last_error: {
    at: minutesAgo(60),
    message: "The customer last wrote more than 24 hours ago, so WhatsApp takes only templates (131047).",
  },
};

const chat: Route = {
  id: "r1",
  key: "order-status",
  name: "Order status chat",
  channel: "web",
  entry: "",
  workflow: "order-status",
  node: null,
  url: "/chat/order-status?environment=sandbox",
};

const conversation: Conversation = {
  id: "0192f1c4-0001",
  channel: "web",
  address: "visitor-7f3a9c",
  contact: { name: "Ann", phone: null, language: "en" },
  deployment: 3,
  route: "r1",
  waiting_at: null,
  detail: null,
  workflow: "order-status",
  started_at: minutesAgo(6),
  ended_at: null,
  state: "running",
  outcome: null,
  last_message: "Order 1001 is shipped and arrives on Friday.",
  messages: [
    { at: minutesAgo(6), direction: "in", message: { kind: "text", text: "hi" } },
    {
      at: minutesAgo(6),
      direction: "out",
      node: 1,
      state: "read",
      message: {
        kind: "buttons",
        text: "Hi Ann! What can we do?",
        buttons: [
          { id: "a", title: "Where is my order?" },
          { id: "b", title: "Talk to us" },
        ],
      },
    },
    { at: minutesAgo(5), direction: "in", message: { kind: "tap", id: "a", title: "Where is my order?" } },
    {
      at: minutesAgo(5),
      direction: "out",
      node: 2,
      state: "delivered",
      message: { kind: "text", text: "Your order number?" },
    },
    { at: minutesAgo(4), direction: "in", message: { kind: "text", text: "1001" } },
    {
      at: minutesAgo(4),
      direction: "out",
      node: 4,
      state: "failed",
      error: "The customer could not be reached (131026).",
      message: { kind: "text", text: "Order 1001 is shipped and arrives on Friday." },
    },
  ],
  visits: [
    visit(1, "menu", "entered", null, 6),
    visit(1, "menu", "resumed", "order", 5),
    visit(2, "request_input", "entered", null, 5),
    {
      ...visit(2, "request_input", "resumed", "answered", 4),
      sets: [{ name: "order_number", value: "1001" }],
    },
    {
      ...visit(3, "api_integration", "entered", "yes", 4),
      sets: [{ name: "order", value: { status: "shipped", eta: "Friday", items: 2 } }],
      notes: [{ level: "info", text: "GET /orders/1001 answered 200 in 84 ms" }],
    },
    {
      ...visit(4, "text_display", "entered", "next", 4),
      notes: [{ level: "warning", text: "contact.nickname is not set and renders empty" }],
    },
  ],
  variables: { order_number: "1001", order: { status: "shipped", eta: "Friday", items: 2 } },
};

function visit(node: number, type: string, event: "entered" | "resumed", exit: string | null, ago: number) {
  return {
    at: minutesAgo(ago),
    workflow: "order-status",
    version: 2,
    node,
    type,
    event,
    exit,
    sets: [],
    notes: [],
  };
}

export function world(): World {
  return {
    setUp: true,
    signedIn: true,
    me: {
      user: { id: "u1", name: "Ann Baker", email: "ann@example.com" },
      workspaces: [{ id: "w1", key: "acme", name: "Acme", role: "admin", permissions }],
      demo: true,
    },
    settings: { key: "acme", name: "Acme", approval_required: false },
    workflows: [
      workflow("order-status", "Order status", {
        description: "Tells customers where their order is",
        latest_version: 2,
        live_version: 1,
        state: "draft",
      }),
      workflow("support", "Talk to us", {
        latest_version: 1,
        live_version: 1,
        state: "live",
        folder: "Service",
      }),
      workflow("returns", "Returns", { latest_version: 3, state: "saved" }),
      workflow("appointment-reminder", "Appointment reminder", { kind: "dynamic_api" }),
      workflow("winter-sale", "Winter sale", { archived: true, latest_version: 7, state: "saved" }),
    ],
    channels: { sandbox: [webChat, whatsApp], production: [webChat] },
    routes: {
      sandbox: [
        chat,
        { ...chat, id: "r2", name: "WhatsApp support", channel: "whatsapp", workflow: "support", url: null },
      ],
      production: [{ ...chat, id: "r3", url: "/chat/order-status" }],
    },
    connections: {
      sandbox: [
        {
          key: "zendesk",
          name: "Zendesk",
          system: "zendesk_support",
          settings: { subdomain: "acme", email: "ann@example.com" },
          secrets: { api_token: true },
          state: "failing",
          tested_at: minutesAgo(12),
          message:
            "Zendesk refused the API token (401). Make a new one in its Admin Center and replace it here.",
        },
      ],
      production: [],
    },
    conversations: {
      sandbox: [
        conversation,
        {
          ...conversation,
          id: "0192f1c4-0002",
          channel: "whatsapp",
          address: "27825550101",
          contact: { name: null, phone: "+27 82 555 0101", language: null },
          state: "ended",
          outcome: "resolved",
          ended_at: minutesAgo(90),
          started_at: minutesAgo(100),
          last_message: "Thank you!",
        },
      ],
      production: [],
    },
    apis: [
      {
        key: "orders",
        name: "Orders",
        description: "The shop's own orders",
        base_url: { sandbox: "http://localhost:8080/demo", production: "http://localhost:8080/demo" },
        authentication: { kind: "none" },
        request_type: "json",
        response_type: "json",
        timeout_seconds: 10,
        validation: { element: "HTTP_RESPONSE_CODE", values: ["2xx"] },
        secrets: {},
      },
    ],
    members: [
      { id: "u1", name: "Ann Baker", email: "ann@example.com", role: "admin", state: "active" },
      { id: "u2", name: null, email: "ben@example.com", role: "builder", state: "invited" },
    ],
    keys: [
      {
        id: "k1",
        name: "Nightly export",
        prefix: "ush_4f2a",
        role: "viewer",
        created_at: minutesAgo(50_000),
        last_used_at: minutesAgo(600),
      },
    ],
  };
}

export const kinds: ChannelKindItem[] = [
  {
    kind: "whatsapp",
    webhook: true,
    title: "WhatsApp",
    settings: {
      type: "object",
      required: ["phone_number_id"],
      properties: {
        phone_number_id: {
          type: "string",
          title: "Phone number ID",
          description:
            "The id of the phone number, as Meta's app dashboard shows it: digits, not the number itself.",
          maxLength: 40,
        },
        api_base: {
          type: "string",
          title: "API base address",
          description: "Where the Graph API is, with its version.",
          default: "https://graph.facebook.com/v23.0",
        },
        messages_per_second: { type: "integer", minimum: 1, default: 80 },
      },
    },
    secrets: {
      type: "object",
      required: ["access_token", "app_secret"],
      properties: {
        access_token: { type: "string", description: "A token of a system user of the app." },
        app_secret: { type: "string", description: "The app's secret, with which Meta signs its webhooks." },
      },
    },
  },
  {
    kind: "web_chat",
    webhook: false,
    title: "Web chat",
    settings: {
      type: "object",
      properties: {
        title: {
          type: "string",
          description: "What stands at the top of the chat.",
          default: "Chat with us",
        },
        color: { type: "string", title: "Colour", description: "As #rrggbb.", default: "#4f46e5" },
        greeting: { type: "string", description: "Shown once, above the first message.", maxLength: 500 },
        allowed_origins: {
          type: "array",
          items: { type: "string" },
          description: "The sites that may embed the widget, one a line; empty means all.",
        },
      },
    },
    secrets: { type: "object", properties: {} },
  },
];

export const systems: System[] = [
  {
    system: "zendesk_support",
    title: "Zendesk Support",
    settings: {
      type: "object",
      required: ["subdomain", "email"],
      properties: {
        subdomain: { type: "string", description: "The part before .zendesk.com." },
        email: {
          type: "string",
          title: "E-mail address",
          description: "Of the agent whom the token stands for.",
        },
      },
    },
    secrets: {
      type: "object",
      required: ["api_token"],
      properties: { api_token: { type: "string", title: "API token" } },
    },
  },
];
