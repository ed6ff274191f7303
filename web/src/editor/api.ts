/** What the editor asks of the server: narrow, so that development and tests can answer for it. */
import * as configuration from "../api/configuration";
import * as previews from "../api/previews";
import { statisticsEvents } from "../api/statistics";
import type { Environment, NodeHour, Preview, TranscriptMessage, Visit, WorkflowItem } from "../api/types";
import * as workflows from "../api/workflows";
import type { Catalogue } from "./model/catalogue";
import { normalise, type WorkflowDocument } from "./model/document";
import type { Problem } from "./model/problems";

/** A preview as it stands; `detail` says in words why it ended, where there is more to say. */
export type PreviewNow = Preview & { detail?: string | null };
/** Whom the builder plays in a preview. */
export type Person = { name?: string; language?: string };
export type Named = { key: string; name: string };
export type Draft = { document: WorkflowDocument; etag: string };
export type Kept = { etag: string; keptAt: string; problems: Problem[] };
export type Answer = { text: string } | { tap: { id: string; title: string } };

/** What a running preview tells, as it happens. */
export type PreviewListener = {
  onMessage: (message: TranscriptMessage) => void;
  onVisit: (visit: Visit) => void;
  onVariables: (variables: Record<string, unknown>) => void;
  onEnded: () => void;
  /** The connection was lost or is back: what happened meanwhile has to be read anew. */
  onBroken: () => void;
};

export type EditorApi = {
  catalogue: () => Promise<Catalogue>;
  workflow: () => Promise<WorkflowItem>;
  workflows: () => Promise<Named[]>;
  apis: () => Promise<Named[]>;
  draft: () => Promise<Draft>;
  keep: (document: WorkflowDocument, etag: string) => Promise<Kept>;
  takeNumbers: (count: number) => Promise<number>;
  saveVersion: (etag: string, note?: string) => Promise<number>;
  version: (number: number) => Promise<WorkflowDocument>;
  live: () => Promise<{ version: number; document: WorkflowDocument }>;
  startPreview: (request: { node?: number; channel: string; contact?: Person }) => Promise<string>;
  preview: (id: string) => Promise<PreviewNow>;
  say: (id: string, answer: Answer) => Promise<void>;
  endPreview: (id: string) => Promise<void>;
  follow: (id: string, listener: PreviewListener) => () => void;
  /** Tells what happened at the nodes in the last 24 hours, then each hour of a node that changes. */
  watchStatistics: (onHours: (hours: NodeHour[]) => void) => () => void;
};

/** The editor's questions about one workflow, put to the server. */
export function serverApi(workspace: string, environment: Environment, key: string): EditorApi {
  return {
    catalogue: () => workflows.catalogue(workspace) as Promise<Catalogue>,
    workflow: () => workflows.workflow(workspace, key),
    workflows: () => workflows.workflows(workspace).then((list) => list.items),
    apis: () => configuration.apis(workspace).then((list) => list.items),
    draft: async () => {
      const { data, etag } = await workflows.draft(workspace, key);
      return { document: normalise(data as WorkflowDocument), etag: etag ?? "" };
    },
    keep: async (document, etag) => {
      const kept = await workflows.keepDraft(workspace, key, document, etag);
      return {
        etag: kept.etag ?? etag,
        keptAt: kept.data.kept_at,
        problems: (kept.data.problems ?? []).map(placed),
      };
    },
    takeNumbers: (count) => workflows.takeNumbers(workspace, key, count).then(({ first }) => first),
    saveVersion: (etag, note) => workflows.saveVersion(workspace, key, etag, note).then((v) => v.version),
    version: (number) =>
      workflows.version(workspace, key, number).then((document) => normalise(document as WorkflowDocument)),
    live: async () => {
      const { version, document } = await workflows.liveWorkflow(workspace, environment, key);
      return { version, document: normalise(document as WorkflowDocument) };
    },
    startPreview: (request) =>
      previews.startPreview(workspace, { workflow: key, ...request }).then(({ id }) => id),
    preview: async (id) => complete(await previews.preview(workspace, id)),
    say: async (id, answer) => {
      await previews.sayInPreview(workspace, id, answer);
    },
    endPreview: async (id) => {
      await previews.endPreview(workspace, id);
    },
    follow: (id, listener) => follow(previews.previewEvents(workspace, id), listener),
    watchStatistics: (onHours) => {
      const source = new EventSource(statisticsEvents(workspace, environment, key));
      source.addEventListener("hours", (event) => onHours(JSON.parse(event.data) as NodeHour[]));
      return () => source.close();
    },
  };
}

type Found = Pick<Problem, "severity" | "message"> & {
  node?: number | null;
  exit?: string | null;
  pointer?: string | null;
};

/** A finding of the server; one about the workflow as a whole names no node. */
function placed({ node, exit, pointer, ...said }: Found): Problem {
  return { ...said, node: node ?? null, ...(exit ? { exit } : {}), ...(pointer ? { pointer } : {}) };
}

/** A preview with the parts that are left out when they are empty. */
function complete(preview: PreviewNow): PreviewNow {
  const visits = preview.visits.map((visit) => ({
    ...visit,
    exit: visit.exit ?? null,
    sets: visit.sets ?? [],
    notes: visit.notes ?? [],
  }));
  return { ...preview, visits, waiting_at: preview.waiting_at ?? null, variables: preview.variables ?? {} };
}

/** Follows server-sent events; the browser reconnects by itself, and the listener hears that it had to. */
function follow(url: string, listener: PreviewListener): () => void {
  const source = new EventSource(url, { withCredentials: true });
  const on = (name: string, handle: (data: never) => void) =>
    source.addEventListener(name, (event) => {
      handle(JSON.parse((event as MessageEvent<string>).data || "null") as never);
    });
  on("message", listener.onMessage);
  on("visit", listener.onVisit);
  on("variables", listener.onVariables);
  on("ended", listener.onEnded);
  let broken = false;
  source.addEventListener("error", () => {
    broken = true;
  });
  source.addEventListener("open", () => {
    if (broken) listener.onBroken();
    broken = false;
  });
  return () => source.close();
}
