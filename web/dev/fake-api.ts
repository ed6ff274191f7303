import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { Environment } from "../src/api/types";
import { catalogue } from "../src/editor/fixtures/catalogue";
import { blank, kinds, systems, world } from "./fake-data";

type Answer = { status?: number; etag?: string; body?: unknown };
type Body = Record<string, unknown>;
type Handler = (params: string[], body: Body, request: IncomingMessage) => Answer;
type Rule = [method: string, path: RegExp, handler: Handler];

/**
 * Serves a small made-up workspace in place of the server: for work on the looks of the editor alone.
 * What is changed lasts until the process ends.
 */
export function fakeApi(): Plugin {
  const rules = rulesOver(world());
  return {
    name: "usher-fake-api",
    configureServer(server) {
      server.middlewares.use("/api/v1", (request, response) => void answer(rules, request, response));
      server.middlewares.use("/healthz", (_, response) => response.end("ok"));
    },
  };
}

async function answer(rules: Rule[], request: IncomingMessage, response: ServerResponse) {
  const path = new URL(request.url ?? "/", "http://fake").pathname;
  if (path.endsWith("/live") || path.endsWith("/events")) {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": open\n\n");
    return;
  }
  const body = await read(request);
  for (const [method, pattern, handler] of rules) {
    const found = method === request.method ? pattern.exec(path) : null;
    if (!found) continue;
    const result = handler(found.slice(1).map(decodeURIComponent), body, request);
    response.statusCode = result.status ?? 200;
    response.setHeader("Content-Type", "application/json");
    if (result.etag) response.setHeader("ETag", result.etag);
    response.end(result.body === undefined ? "" : JSON.stringify(result.body));
    return;
  }
  response.writeHead(404, { "Content-Type": "application/problem+json" });
  response.end(
    JSON.stringify({ title: "Not Found", status: 404, code: "not_found", detail: `no ${path} here` }),
  );
}

async function read(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

const list = (items: unknown[]): Answer => ({ body: { items, next: null } });
const gone: Answer = {
  status: 404,
  body: { title: "Not Found", code: "not_found", detail: "there is no such thing" },
};
const ok = (body: unknown): Answer => (body === undefined ? gone : { body });
const done: Answer = { status: 204 };

function rulesOver(state: ReturnType<typeof world>): Rule[] {
  const W = "/workspaces/[^/]+";
  const E = `${W}/environments/(sandbox|production)`;
  const at = (path: string) => new RegExp(`^${path}/?$`);
  const workflow = (key: string | undefined) => state.workflows.find(({ item }) => item.key === key);
  const env = (text: string | undefined) =>
    (text === "production" ? "production" : "sandbox") satisfies Environment;
  const now = () => new Date().toISOString();
  let tag = 1;

  function crud<T extends object>(
    path: string,
    id: keyof T,
    items: (params: string[]) => T[],
    fresh: () => Partial<T>,
  ): Rule[] {
    const find = (params: string[]) => items(params).find((each) => each[id] === params.at(-1));
    return [
      ["GET", at(path), (params) => list(items(params))],
      [
        "POST",
        at(path),
        (params, body) => {
          const made = { ...fresh(), ...body } as T;
          items(params).push(made);
          return { status: 201, body: made };
        },
      ],
      ["GET", at(`${path}/([^/]+)`), (params) => ok(find(params))],
      [
        "PATCH",
        at(`${path}/([^/]+)`),
        (params, body) => ok(Object.assign(find(params) ?? {}, { ...body, secrets: undefined })),
      ],
      [
        "DELETE",
        at(`${path}/([^/]+)`),
        (params) => {
          const all = items(params);
          const found = find(params);
          if (found) all.splice(all.indexOf(found), 1);
          return done;
        },
      ],
    ];
  }

  return [
    ["GET", at("/setup"), () => ok({ needed: !state.setUp })],
    ["POST", at("/setup"), () => ok(state.me)],
    [
      "GET",
      at("/me"),
      () =>
        state.signedIn
          ? ok(state.me)
          : { status: 401, body: { title: "Unauthorized", code: "unauthorized" } },
    ],
    [
      "POST",
      at("/login"),
      (_, body) => {
        if (body.password === "wrong") {
          const detail = "the e-mail address or the password is not right";
          return { status: 401, body: { title: "Unauthorized", code: "unauthorized", detail } };
        }
        state.signedIn = true;
        return ok(state.me);
      },
    ],
    [
      "POST",
      at("/logout"),
      () => {
        state.signedIn = false;
        return done;
      },
    ],
    [
      "GET",
      at("/invitations/([^/]+)"),
      () => ok({ email: "ben@example.com", workspace: "Acme", role: "builder", has_account: false }),
    ],
    ["GET", at("/password-resets/([^/]+)"), () => ok({ email: "ann@example.com" })],
    ["GET", at(W), () => ok(state.settings)],
    ["PATCH", at(W), (_, body) => ok(Object.assign(state.settings, body))],
    [
      "GET",
      at(`${W}/catalogue`),
      () => ok({ ...catalogue, systems, connections: state.connections.sandbox }),
    ],
    ["GET", at(`${W}/channel-kinds`), () => ok(kinds)],
    ["GET", at(`${W}/workflows`), () => list(state.workflows.map(({ item }) => item))],
    [
      "POST",
      at(`${W}/workflows`),
      (_, body) => {
        const name = String(body.name);
        const key = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
        const item = {
          ...(state.workflows[3]?.item as NonNullable<unknown>),
          key,
          name,
          kind: "standard",
        } as never;
        state.workflows.push({ item, document: blank(key, name), versions: [] });
        return { status: 201, body: item };
      },
    ],
    ["GET", at(`${W}/workflows/([^/]+)`), ([key]) => ok(workflow(key)?.item)],
    [
      "PATCH",
      at(`${W}/workflows/([^/]+)`),
      ([key], body) => ok(Object.assign(workflow(key)?.item ?? {}, body)),
    ],
    [
      "DELETE",
      at(`${W}/workflows/([^/]+)`),
      ([key]) => {
        const pointers = [
          { kind: "route", key: "order-status", environment: "production" },
          { kind: "workflow", key: "returns", node: 4 },
        ];
        if (key === "order-status")
          return { status: 409, body: { title: "Conflict", code: "in_use", detail: "in use", pointers } };
        state.workflows = state.workflows.filter(({ item }) => item.key !== key);
        return done;
      },
    ],
    [
      "POST",
      at(`${W}/workflows/([^/]+)/duplicate`),
      ([key], body) => {
        const from = workflow(key);
        if (!from) return gone;
        const name = String(body.name);
        const copy = structuredClone(from);
        Object.assign(copy.item, {
          name,
          key: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
          live_version: null,
        });
        state.workflows.push(copy);
        return { status: 201, body: copy.item };
      },
    ],
    [
      "GET",
      at(`${W}/workflows/([^/]+)/draft`),
      ([key]) => ({ ...ok(workflow(key)?.document), etag: workflow(key)?.item.draft.etag }),
    ],
    [
      "PUT",
      at(`${W}/workflows/([^/]+)/draft`),
      ([key], body, request) => {
        const found = workflow(key);
        if (!found) return gone;
        if (request.headers["if-match"] !== found.item.draft.etag) {
          return {
            status: 412,
            body: { title: "Precondition Failed", code: "changed", detail: "somebody else changed it" },
          };
        }
        found.document = body as never;
        found.item.draft = { etag: `"${++tag}"`, updated_at: now(), updated_by: state.me.user.name };
        found.item.state = "draft";
        return { body: { kept_at: now(), problems: [] }, etag: found.item.draft.etag };
      },
    ],
    [
      "GET",
      at(`${W}/workflows/([^/]+)/draft/variables`),
      () => ok([{ name: "contact", set_by: null, kind: "map" }]),
    ],
    [
      "POST",
      at(`${W}/workflows/([^/]+)/numbers`),
      ([key], body) => {
        const found = workflow(key);
        if (!found) return gone;
        const first = found.document.next_number;
        const count = Number(body.count ?? 1);
        found.document.next_number += count;
        return ok({ first, count });
      },
    ],
    ["GET", at(`${W}/workflows/([^/]+)/versions`), ([key]) => list(workflow(key)?.versions ?? [])],
    [
      "POST",
      at(`${W}/workflows/([^/]+)/versions`),
      ([key]) => {
        const item = workflow(key)?.item;
        if (!item) return gone;
        item.latest_version = (item.latest_version ?? 0) + 1;
        item.state = "saved";
        return { status: 201, body: { version: item.latest_version } };
      },
    ],
    ["GET", at(`${W}/workflows/([^/]+)/versions/(\\d+)`), ([key]) => ok(workflow(key)?.document)],
    [
      "GET",
      at(`${E}/workflows`),
      () =>
        list(
          state.workflows
            .filter(({ item }) => item.live_version !== null)
            .map(({ item }) => ({
              key: item.key,
              name: item.name,
              kind: item.kind,
              version: item.live_version,
              deployed_at: now(),
            })),
        ),
    ],
    [
      "GET",
      at(`${E}/workflows/([^/]+)`),
      ([, key]) => ok({ version: workflow(key)?.item.live_version, document: workflow(key)?.document }),
    ],
    [
      "POST",
      at(`${E}/deployments`),
      (_, body) => {
        for (const [key, version] of Object.entries(body.workflows as Record<string, number>)) {
          Object.assign(workflow(key)?.item ?? {}, { live_version: version, state: "live" });
        }
        return { status: 201, body: { number: 4 } };
      },
    ],
    ["POST", at(`${E}/connections/([^/]+)/test`), () => ok({ ok: true, message: "Zendesk answered." })],
    [
      "POST",
      at(`${E}/channels/([^/]+)/test-message`),
      () => ok({ ok: true, message: "WhatsApp has accepted it." }),
    ],
    [
      "POST",
      at(`${W}/apis/([^/]+)/try`),
      () =>
        ok({
          answered: true,
          status: 200,
          content_type: "application/json",
          body: '{"order":{"number":"1001","status":"shipped"}}',
          message: null,
          milliseconds: 84,
        }),
    ],
    ...crud(
      `${E}/routes`,
      "id",
      ([e]) => state.routes[env(e)],
      () => ({ id: `r${Date.now()}`, key: "new" }),
    ),
    ...crud(
      `${E}/channels`,
      "key",
      ([e]) => state.channels[env(e)],
      () => ({
        key: `channel-${Date.now()}`,
        callback_url: "https://usher.example.com/in/whatsapp/1",
        verify_token: "token",
        verified_at: null,
        last_webhook_at: null,
        last_error: null,
      }),
    ),
    ...crud(
      `${E}/connections`,
      "key",
      ([e]) => state.connections[env(e)],
      () => ({ key: `c${Date.now()}`, state: "untested" as const, tested_at: null, message: null }),
    ),
    ...crud(
      `${E}/conversations`,
      "id",
      ([e]) => state.conversations[env(e)],
      () => ({}),
    ),
    ...crud(
      `${W}/apis`,
      "key",
      () => state.apis,
      () => ({ key: `api-${Date.now()}` }),
    ),
    ["POST", at(`${W}/users`), () => ({ status: 201, body: { url: "/invitations/4f2a9c1d7b" } })],
    ...crud(
      `${W}/users`,
      "id",
      () => state.members,
      () => ({}),
    ),
    [
      "POST",
      at(`${W}/api-keys`),
      (_, body) => {
        const key = {
          id: `k${Date.now()}`,
          prefix: "ush_9d1c",
          created_at: now(),
          last_used_at: null,
          ...body,
        } as never;
        state.keys.push(key);
        return { status: 201, body: { ...(key as object), key: "ush_9d1c5e0b7a42f8836d1e" } };
      },
    ],
    ...crud(
      `${W}/api-keys`,
      "id",
      () => state.keys,
      () => ({}),
    ),
  ];
}
