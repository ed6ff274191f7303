import {
  IconActivity,
  IconApi,
  IconBroadcast,
  IconHistory,
  IconKey,
  IconMessages,
  IconPlug,
  IconRocket,
  IconRoute,
  IconSettings,
  IconSitemap,
  IconUsers,
} from "@tabler/icons-react";

import type { Permission } from "../../api/types";

/** The pages of a workspace, as the navigation and *Jump to* list them. */
const sections = [
  { name: "workflows", icon: IconSitemap, group: "work", needs: "workflows.view" },
  { name: "conversations", icon: IconMessages, group: "work", needs: "conversations.view" },
  { name: "operations", icon: IconActivity, group: "work", needs: "configuration.view" },
  { name: "deployments", icon: IconRocket, group: "work", needs: "workflows.view" },
  { name: "channels", icon: IconBroadcast, group: "configuration", needs: "configuration.view" },
  { name: "routes", icon: IconRoute, group: "configuration", needs: "configuration.view" },
  { name: "apis", icon: IconApi, group: "configuration", needs: "configuration.view" },
  { name: "connections", icon: IconPlug, group: "configuration", needs: "configuration.view" },
  { name: "users", icon: IconUsers, group: "workspace", needs: "users.manage" },
  { name: "api-keys", icon: IconKey, group: "workspace", needs: "users.manage" },
  { name: "audit", icon: IconHistory, group: "workspace", needs: "audit.view" },
  { name: "settings", icon: IconSettings, group: "workspace", needs: null },
] as const;

export type Section = (typeof sections)[number];

/** The sections that a role may open. */
export function sectionsFor(permissions: readonly Permission[]): Section[] {
  return sections.filter(({ needs }) => needs === null || permissions.includes(needs));
}

export const groups = ["work", "configuration", "workspace"] as const;
