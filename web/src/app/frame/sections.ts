import {
  IconApi,
  IconBroadcast,
  IconKey,
  IconMessages,
  IconPlug,
  IconRoute,
  IconSettings,
  IconSitemap,
  IconUsers,
} from "@tabler/icons-react";

/** The pages of a workspace, as the navigation and *Jump to* list them. */
export const sections = [
  { name: "workflows", icon: IconSitemap, group: "work" },
  { name: "conversations", icon: IconMessages, group: "work" },
  { name: "channels", icon: IconBroadcast, group: "configuration" },
  { name: "routes", icon: IconRoute, group: "configuration" },
  { name: "apis", icon: IconApi, group: "configuration" },
  { name: "connections", icon: IconPlug, group: "configuration" },
  { name: "users", icon: IconUsers, group: "workspace" },
  { name: "api-keys", icon: IconKey, group: "workspace" },
  { name: "settings", icon: IconSettings, group: "workspace" },
] as const;

export type Section = (typeof sections)[number];

export const groups = ["work", "configuration", "workspace"] as const;
