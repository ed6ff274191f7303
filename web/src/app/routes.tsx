import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "../api/problem";
import { meQuery, setupQuery } from "../api/queries";
import { NotFound } from "../pages/not-found";
import { PageFailure } from "../pages/page-failure";
import { sectionsFor } from "./frame/sections";
import { asEnvironment } from "./place";
import { WorkspaceLayout } from "./workspace-layout";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: PageFailure,
});

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context, location }) => {
    const me = await signedIn(context.queries, location.href);
    const first = me.workspaces[0];
    if (!first) throw notFound();
    const section = sectionsFor(first.permissions)[0]?.name ?? "settings";
    throw redirect({
      to: `/w/$workspace/$environment/${section}`,
      params: { workspace: first.key, environment: "sandbox" },
    });
  },
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search): { token?: string } => ({ token: text(search.token) }),
  component: lazyRouteComponent(() => import("../pages/setup/setup-page"), "SetupPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => ({ next: text(search.next) }),
  beforeLoad: async ({ context }) => {
    const needed = await context.queries.ensureQueryData(setupQuery).catch(() => false);
    if (needed) throw redirect({ to: "/setup", search: {} });
  },
  component: lazyRouteComponent(() => import("../pages/login/login-page"), "LoginPage"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitations/$token",
  component: lazyRouteComponent(() => import("../pages/invitation/invitation-page"), "InvitationPage"),
});

const passwordReset = createRoute({
  getParentRoute: () => root,
  path: "/password-resets/$token",
  component: lazyRouteComponent(
    () => import("../pages/password-reset/password-reset-page"),
    "PasswordResetPage",
  ),
});

const workspace = createRoute({
  getParentRoute: () => root,
  path: "/w/$workspace/$environment",
  beforeLoad: async ({ context, location, params }) => {
    await signedIn(context.queries, location.href);
    if (params.environment !== asEnvironment(params.environment)) {
      throw redirect({
        to: "/w/$workspace/$environment/workflows",
        params: { workspace: params.workspace, environment: "sandbox" },
      });
    }
  },
  component: WorkspaceLayout,
});

const workspaceIndex = createRoute({
  getParentRoute: () => workspace,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/w/$workspace/$environment/workflows", params });
  },
});

const workflows = createRoute({
  getParentRoute: () => workspace,
  path: "workflows",
  component: lazyRouteComponent(() => import("../pages/workflows/workflows-page"), "WorkflowsPage"),
});

const workflow = createRoute({
  getParentRoute: () => workspace,
  path: "workflows/$key",
  validateSearch: (search): { preview?: "open" } => ({
    preview: search.preview === "open" ? "open" : undefined,
  }),
  component: lazyRouteComponent(() => import("../pages/workflow/workflow-page"), "WorkflowPage"),
});

const conversations = createRoute({
  getParentRoute: () => workspace,
  path: "conversations",
  validateSearch: (search): { search?: string } => ({ search: text(search.search) }),
  component: lazyRouteComponent(
    () => import("../pages/conversations/conversations-page"),
    "ConversationsPage",
  ),
});

const conversation = createRoute({
  getParentRoute: () => workspace,
  path: "conversations/$id",
  component: lazyRouteComponent(() => import("../pages/conversation/conversation-page"), "ConversationPage"),
});

const operations = createRoute({
  getParentRoute: () => workspace,
  path: "operations",
  validateSearch: (search): { tab?: "kept" | "dead-letters"; channel?: string; error?: string } => ({
    tab: search.tab === "kept" || search.tab === "dead-letters" ? search.tab : undefined,
    channel: text(search.channel),
    error: text(search.error),
  }),
  component: lazyRouteComponent(() => import("../pages/operations/operations-page"), "OperationsPage"),
});

const deployments = createRoute({
  getParentRoute: () => workspace,
  path: "deployments",
  component: lazyRouteComponent(() => import("../pages/deployments/deployments-page"), "DeploymentsPage"),
});

const channels = createRoute({
  getParentRoute: () => workspace,
  path: "channels",
  component: lazyRouteComponent(() => import("../pages/channels/channels-page"), "ChannelsPage"),
});

const channel = createRoute({
  getParentRoute: () => workspace,
  path: "channels/$key",
  component: lazyRouteComponent(() => import("../pages/channel/channel-page"), "ChannelPage"),
});

const routes = createRoute({
  getParentRoute: () => workspace,
  path: "routes",
  component: lazyRouteComponent(() => import("../pages/routes/routes-page"), "RoutesPage"),
});

const connections = createRoute({
  getParentRoute: () => workspace,
  path: "connections",
  component: lazyRouteComponent(() => import("../pages/connections/connections-page"), "ConnectionsPage"),
});

const apis = createRoute({
  getParentRoute: () => workspace,
  path: "apis",
  component: lazyRouteComponent(() => import("../pages/apis/apis-page"), "ApisPage"),
});

const users = createRoute({
  getParentRoute: () => workspace,
  path: "users",
  component: lazyRouteComponent(() => import("../pages/users/users-page"), "UsersPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => workspace,
  path: "api-keys",
  component: lazyRouteComponent(() => import("../pages/api-keys/api-keys-page"), "ApiKeysPage"),
});

const audit = createRoute({
  getParentRoute: () => workspace,
  path: "audit",
  component: lazyRouteComponent(() => import("../pages/audit/audit-page"), "AuditPage"),
});

const settings = createRoute({
  getParentRoute: () => workspace,
  path: "settings",
  component: lazyRouteComponent(() => import("../pages/settings/settings-page"), "SettingsPage"),
});

export const routeTree = root.addChildren([
  index,
  setup,
  login,
  invitation,
  passwordReset,
  workspace.addChildren([
    workspaceIndex,
    workflows,
    workflow,
    conversations,
    conversation,
    operations,
    deployments,
    channels,
    channel,
    routes,
    connections,
    apis,
    users,
    apiKeys,
    audit,
    settings,
  ]),
]);

/** Who is signed in; nobody is sent to the log-in, from which they come back. */
async function signedIn(queries: QueryClient, next: string) {
  try {
    return await queries.ensureQueryData(meQuery);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) {
      throw redirect({ to: "/login", search: { next: next === "/" ? undefined : next } });
    }
    throw error;
  }
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}
