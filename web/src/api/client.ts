import createClient from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

/*
 * The client of the HTTP API: what may be asked, and what is answered, is checked against the server's own
 * description. Every call gives its answer through `data` or `reply`, which turn what failed into a `Problem`.
 */

interface Listeners {
  /** The server says that nobody is signed in. */
  signedOut: () => void;
  /** The server answered, or it did not. */
  reached: (answered: boolean) => void;
}

let listeners: Listeners = { signedOut: () => {}, reached: () => {} };

/** Sets who is told of what concerns every request. */
export function listen(to: Listeners): void {
  listeners = to;
}

export const client = createClient<paths>({
  credentials: "same-origin",
  // The server takes a change that a cookie authorises only with this header, which no other site can send.
  headers: { "X-Usher-Request": "1" },
  fetch: reach,
});

/** Addresses at which an answer of 401 concerns what was sent, not who is signed in. */
const aboutThemselves = ["/api/v1/login", "/api/v1/me"];

async function reach(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    listeners.reached(true);
    const { pathname } = new URL(request.url);
    if (response.status === 401 && !aboutThemselves.includes(pathname)) listeners.signedOut();
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    listeners.reached(false);
    throw new Problem(0, { title: "Offline", detail: "The server did not answer." });
  }
}

export interface Reply<T> {
  data: T;
  etag: string | null;
}

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

/** The answer of a call with its ETag. */
export async function reply<T>(call: Answer<T>): Promise<Reply<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Problem(response.status, isObject(error) ? error : {});
  return { data: data as T, etag: response.headers.get("ETag") };
}

/** The answer of a call. */
export async function data<T>(call: Answer<T>): Promise<T> {
  return (await reply(call)).data;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
