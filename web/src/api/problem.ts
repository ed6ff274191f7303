/** One place in a request that the server refused, and why. */
export interface FieldProblem {
  pointer: string;
  detail: string;
}

/**
 * A failed request as an error: made from the server's problem document (RFC 9457), or, with status 0,
 * from a network that did not answer.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly errors: FieldProblem[];
  /** The whole document, for endpoints that add members of their own. */
  readonly document: Record<string, unknown>;

  constructor(status: number, document: Record<string, unknown> = {}) {
    const title = text(document.title) ?? (status === 0 ? "Offline" : `Status ${status}`);
    super(text(document.detail) ?? title);
    this.name = "Problem";
    this.status = status;
    this.title = title;
    this.code = text(document.code) ?? (status === 0 ? "offline" : "unknown");
    this.errors = Array.isArray(document.errors) ? (document.errors as FieldProblem[]) : [];
    this.document = document;
  }

  /** What the server says of one field, found by its JSON pointer. */
  field(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }

  get offline(): boolean {
    return this.status === 0;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
