import { beforeEach, expect, it, vi } from "vitest";
import { answering, Refusal } from "../app/test-render";
import { listen } from "./client";
import type { Problem } from "./problem";
import { logIn, me } from "./session";
import { draft, keepDraft, workflows } from "./workflows";

const listeners = { signedOut: vi.fn(), reached: vi.fn() };
const refused = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error) => error as Problem,
  );

beforeEach(() => {
  vi.clearAllMocks();
  listen(listeners);
});

it("gives the draft with its tag, and names it when it keeps the next state", async () => {
  const document = { usher: "workflow/1", key: "a", name: "A" } as never;
  let sent: Request | undefined;
  vi.stubGlobal("fetch", async (request: Request) => {
    sent = request;
    return Response.json(document, { headers: { ETag: '"7"' } });
  });
  const read = await draft("acme", "a b");
  expect(read.etag).toBe('"7"');
  expect(new URL(sent?.url ?? "").pathname).toBe("/api/v1/workspaces/acme/workflows/a%20b/draft");
  await keepDraft("acme", "a b", document, '"7"');
  expect(sent?.headers.get("If-Match")).toBe('"7"');
  expect(sent?.headers.get("X-Usher-Request")).toBe("1");
});

it("throws the problem that the server describes", async () => {
  const code = "changed";
  answering({
    "GET /workspaces/acme/workflows": new Refusal(412, { code, detail: "somebody else changed it" }),
  });
  const problem = await refused(workflows("acme"));
  expect(problem).toMatchObject({ status: 412, code, message: "somebody else changed it" });
});

it("tells when nobody is signed in any more, but not of a wrong password", async () => {
  const refusal = new Refusal(401, { code: "unauthorized", detail: "log in" });
  answering({ "GET /workspaces/acme/workflows": refusal, "POST /login": refusal, "GET /me": refusal });
  await refused(logIn({ email: "a", password: "b" }));
  await refused(me());
  expect(listeners.signedOut).not.toHaveBeenCalled();
  await refused(workflows("acme"));
  expect(listeners.signedOut).toHaveBeenCalledOnce();
});

it("tells that the server could not be reached", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  const problem = await refused(workflows("acme"));
  expect(problem?.offline).toBe(true);
  expect(listeners.reached).toHaveBeenCalledWith(false);
});
