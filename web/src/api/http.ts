import { Problem } from "./problem";

export interface Reply<T> {
  data: T;
  etag: string | null;
}

interface Options {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  ifMatch?: string;
  signal?: AbortSignal;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

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

/** Sends one request to the API and gives its JSON and its ETag; anything but success is a `Problem`. */
export async function send<T>(method: Method, path: string, options: Options = {}): Promise<Reply<T>> {
  const response = await reach(method, path, options);
  if (!response.ok) throw await problemOf(response, path);
  const data = response.status === 204 ? undefined : await parsed(response);
  return { data: data as T, etag: response.headers.get("ETag") };
}

async function reach(method: Method, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Usher-Request"] = "1";
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  try {
    const response = await fetch(`/api/v1${path}${queryOf(options.query)}`, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: "same-origin",
      signal: options.signal,
    });
    listeners.reached(true);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    listeners.reached(false);
    throw new Problem(0, { title: "Offline", detail: "The server did not answer." });
  }
}

async function problemOf(response: Response, path: string): Promise<Problem> {
  const document = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== "/login" && path !== "/me") listeners.signedOut();
  return new Problem(response.status, document as Record<string, unknown>);
}

async function parsed(response: Response): Promise<unknown> {
  const body = await response.text();
  return body === "" ? undefined : JSON.parse(body);
}

function queryOf(query: Options["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  if (pairs.length === 0) return "";
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}
