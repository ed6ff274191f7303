import { client, data } from "./client";
import type { AuditEntry, DeadLetter, Environment, KeptDetail, List, RetriedLetters } from "./types";

const E = "/api/v1/workspaces/{workspace}/environments/{environment}";

const at = (workspace: string, environment: Environment) => ({ path: { workspace, environment } });
const one = (workspace: string, environment: Environment, id: string) => ({
  path: { workspace, environment, id },
});

// ── Health ──

export const health = (workspace: string, environment: Environment) =>
  data(client.GET(`${E}/health`, { params: at(workspace, environment) }));

// ── What came in and could not be used ──

export const kept = (workspace: string, environment: Environment, query: { cursor?: string }) =>
  data(client.GET(`${E}/kept`, { params: { ...at(workspace, environment), query } }));

export const keptDetail = (workspace: string, environment: Environment, id: string) =>
  data(
    client.GET(`${E}/kept/{id}`, { params: one(workspace, environment, id) }),
  ) as Promise<unknown> as Promise<KeptDetail>;

export const retryKept = (workspace: string, environment: Environment, id: string) =>
  data(client.POST(`${E}/kept/{id}/retry`, { params: one(workspace, environment, id) }));

export const dropKept = (workspace: string, environment: Environment, id: string) =>
  data(client.DELETE(`${E}/kept/{id}`, { params: one(workspace, environment, id) }));

// ── What was given up ──

export interface DeadLetterFilter {
  channel?: string;
  error?: string;
}

export const deadLetters = (
  workspace: string,
  environment: Environment,
  query: DeadLetterFilter & { cursor?: string },
) =>
  data(
    client.GET(`${E}/dead-letters`, { params: { ...at(workspace, environment), query } }),
  ) as Promise<unknown> as Promise<List<DeadLetter>>;

export const retryDeadLetter = (workspace: string, environment: Environment, id: string) =>
  data(client.POST(`${E}/dead-letters/{id}/retry`, { params: one(workspace, environment, id) }));

export const dropDeadLetter = (workspace: string, environment: Environment, id: string) =>
  data(client.DELETE(`${E}/dead-letters/{id}`, { params: one(workspace, environment, id) }));

/** Tries again all that a filter means, part by part; gives how many. */
export async function retryDeadLetters(
  workspace: string,
  environment: Environment,
  filter: DeadLetterFilter,
): Promise<number> {
  let count = 0;
  let until: string | null = null;
  for (;;) {
    const part: RetriedLetters = await data(
      client.POST(`${E}/dead-letters/retry`, {
        params: at(workspace, environment),
        body: { channel: filter.channel ?? null, error: filter.error ?? null, until },
      }),
    );
    count += part.retried;
    if (!part.more) return count;
    // What is given up anew meanwhile is not tried a second time.
    until = part.until;
  }
}

// ── What was changed and deployed ──

export const audit = (workspace: string, query: { cursor?: string }) =>
  data(
    client.GET("/api/v1/workspaces/{workspace}/audit", { params: { path: { workspace }, query } }),
  ) as Promise<unknown> as Promise<List<AuditEntry>>;

export const deployments = (workspace: string, environment: Environment, query: { cursor?: string }) =>
  data(client.GET(`${E}/deployments`, { params: { ...at(workspace, environment), query } }));
