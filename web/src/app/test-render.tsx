import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { vi } from "vitest";
import type { Environment, Me, Permission } from "../api/types";
import { PlaceContext } from "./place";

/** What the server answers in a test, by method and path below `/api/v1`: a body, or a status with a body. */
export type Answers = Record<string, unknown | ((body: unknown) => unknown)>;

/** An answer that is not success. */
export class Refusal {
  readonly status: number;
  readonly document: Record<string, unknown>;

  constructor(status: number, document: Record<string, unknown>) {
    this.status = status;
    this.document = document;
  }
}

/** Answers `fetch` from a list; what is not on it is a 404. Gives the requests, as `METHOD path`. */
export function answering(answers: Answers): { requests: string[]; bodies: unknown[] } {
  const seen = { requests: [] as string[], bodies: [] as unknown[] };
  vi.stubGlobal("fetch", async (sent: Request) => {
    const { pathname, search } = new URL(sent.url);
    const request = `${sent.method} ${pathname.replace("/api/v1", "")}${search}`;
    const text = await sent.text();
    const body = text === "" ? undefined : JSON.parse(text);
    seen.requests.push(request);
    seen.bodies.push(body);
    const known = answers[request];
    const answer = typeof known === "function" ? known(body) : known;
    if (answer instanceof Refusal) return Response.json(answer.document, { status: answer.status });
    if (answer === undefined) return Response.json({ detail: `no ${request}` }, { status: 404 });
    return Response.json(answer);
  });
  return seen;
}

const me: Me = {
  user: { id: "u1", name: "Ann Baker", email: "ann@example.com" },
  workspaces: [{ id: "w1", key: "acme", name: "Acme", role: "admin", permissions: [] }],
  demo: false,
};

const everything: Permission[] = [
  "workflows.view",
  "workflows.edit",
  "workflows.deploy",
  "configuration.view",
  "configuration.edit",
  "conversations.view",
  "operations.manage",
  "users.manage",
  "workspace.manage",
];

interface Where {
  environment?: Environment;
  permissions?: Permission[];
  search?: string;
}

/** Shows a page as it stands in the workspace Acme. */
export async function renderPage(page: ReactNode, where: Where = {}) {
  const { environment = "sandbox", permissions = everything, search = "" } = where;
  const workspace = { id: "w1", key: "acme", name: "Acme", role: "admin" as const, permissions };
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute();
  const place = createRoute({
    getParentRoute: () => root,
    path: "$",
    component: () => <PlaceContext value={{ me, workspace, environment }}>{page}</PlaceContext>,
  });
  const router = createRouter({
    routeTree: root.addChildren([place]),
    history: createMemoryHistory({ initialEntries: [`/w/acme/${environment}${search}`] }),
  });
  await router.load();
  const shown = render(
    <StrictMode>
      <MantineProvider env="test">
        <QueryClientProvider client={queries}>
          <RouterProvider router={router as never} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
  return { ...shown, router };
}
