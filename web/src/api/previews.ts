import { client, data } from "./client";
import type { Preview, PreviewRequest } from "./types";

const P = "/api/v1/workspaces/{workspace}/previews";
const of = (workspace: string, id: string) => ({ path: { workspace, id } });

export const startPreview = (workspace: string, body: PreviewRequest) =>
  data(client.POST(P, { params: { path: { workspace } }, body }));

export const preview = (workspace: string, id: string) =>
  data(client.GET(`${P}/{id}`, { params: of(workspace, id) })) as Promise<unknown> as Promise<Preview>;

export const sayInPreview = (
  workspace: string,
  id: string,
  body: { text: string } | { tap: { id: string; title: string } },
) => data(client.POST(`${P}/{id}/messages`, { params: of(workspace, id), body }));

export const endPreview = (workspace: string, id: string) =>
  data(client.DELETE(`${P}/{id}`, { params: of(workspace, id) }));

/** The address of the preview's server-sent events: `message`, `visit`, `variables`, `ended`. */
export const previewEvents = (workspace: string, id: string) =>
  `/api/v1/workspaces/${encodeURIComponent(workspace)}/previews/${encodeURIComponent(id)}/events`;
