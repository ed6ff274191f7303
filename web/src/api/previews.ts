import { send } from "./http";
import { inWorkspace } from "./paths";
import type { Preview, PreviewRequest } from "./types";

export const startPreview = (workspace: string, body: PreviewRequest) =>
  send<{ id: string }>("POST", inWorkspace(workspace, "previews"), { body }).then((reply) => reply.data);

export const preview = (workspace: string, id: string) =>
  send<Preview>("GET", inWorkspace(workspace, "previews", id)).then((reply) => reply.data);

export const sayInPreview = (
  workspace: string,
  id: string,
  body: { text: string } | { tap: { id: string; title: string } },
) => send<unknown>("POST", inWorkspace(workspace, "previews", id, "messages"), { body });

export const endPreview = (workspace: string, id: string) =>
  send<void>("DELETE", inWorkspace(workspace, "previews", id));

/** The address of the preview's server-sent events: `message`, `visit`, `variables`, `ended`. */
export const previewEvents = (workspace: string, id: string) =>
  `/api/v1${inWorkspace(workspace, "previews", id, "events")}`;
