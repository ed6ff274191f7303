/**
 * The line between a visitor's browser and Usher: who the visitor is, what is sent, what arrives.
 *
 * Nothing is lost: every message has an id made here and is repeated under it until the server has taken it
 * (the server handles an id once), and the stream of events is resumed after the last position that was seen.
 */

const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 15_000;
const SEND_ATTEMPTS = 8;

/** @returns {string} 32 random hexadecimal digits */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Returns the id by which this browser is known at a route, the same at every visit.
 *
 * @param {string} route
 * @param {string} environment
 */
function visitorOf(route, environment) {
  const key = `usher:visitor:${environment}:${route}`;
  try {
    const known = localStorage.getItem(key);
    if (known) return known;
    const made = newId();
    localStorage.setItem(key, made);
    return made;
  } catch {
    // Storage is closed to us (a private window, a strict browser): known for this page only.
    return newId();
  }
}

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {number} attempt */
const backOff = (attempt) =>
  Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** attempt) * (0.75 + Math.random() / 2);

export class Refused extends Error {}

export class Connection {
  /**
   * @param {{ base: string, route: string, environment: string }} where
   * @param {{
   *   state: (told: import("./chat.js").Told) => void,
   *   message: (message: Record<string, any>) => void,
   *   ended: () => void,
   *   online: (online: boolean) => void,
   * }} hears
   */
  constructor(where, hears) {
    this.where = where;
    this.hears = hears;
    this.visitor = visitorOf(where.route, where.environment);
    this.position = 0;
    this.failures = 0;
    this.closed = false;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {Promise<unknown>} */
    this.sending = Promise.resolve();
  }

  /** @param {string} verb @param {Record<string, string>} [query] */
  url(verb, query = {}) {
    const url = new URL(`/chat/${encodeURIComponent(this.where.route)}/${verb}`, this.where.base);
    if (this.where.environment !== "production") url.searchParams.set("environment", this.where.environment);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** Listens from the last position on, for as long as the chat is there. */
  listen() {
    if (this.closed) return;
    const source = new EventSource(
      this.url("events", { visitor: this.visitor, after: String(this.position) }),
    );
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.hears.online(true);
    };
    source.addEventListener("state", (event) => this.hears.state(JSON.parse(event.data)));
    source.addEventListener("message", (event) => {
      const position = Number(event.lastEventId);
      if (position <= this.position) return;
      this.position = position;
      this.hears.message(JSON.parse(event.data));
    });
    source.addEventListener("ended", () => this.hears.ended());
    source.onerror = () => {
      this.hears.online(false);
      // The browser resumes a broken stream by itself; one that was refused it gives up.
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      const wait = backOff(this.failures++);
      setTimeout(() => this.listen(), wait);
    };
  }

  close() {
    this.closed = true;
    this.source?.close();
  }

  /** Starts a conversation, unless one is under way. */
  open() {
    return this.post("open", { visitor: this.visitor, id: newId() });
  }

  /**
   * Sends a message after those sent before.
   *
   * @param {string} id
   * @param {{ text: string } | { tap: { id: string, title: string } }} content
   */
  send(id, content) {
    const sent = this.sending.then(() => this.post("messages", { visitor: this.visitor, id, ...content }));
    this.sending = sent.catch(() => undefined);
    return sent;
  }

  /** @param {string} verb @param {Record<string, unknown>} body */
  async post(verb, body) {
    for (let attempt = 0; ; attempt++) {
      let wait = backOff(attempt);
      try {
        const answer = await fetch(this.url(verb), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        });
        if (answer.ok) return;
        if (answer.status < 500 && answer.status !== 429) {
          const problem = await answer.json().catch(() => ({}));
          throw new Refused(problem.detail ?? `refused with status ${answer.status}`);
        }
        wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") ?? 0));
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      if (attempt + 1 >= SEND_ATTEMPTS) throw new Error("there is no connection");
      await pause(wait);
    }
  }
}
