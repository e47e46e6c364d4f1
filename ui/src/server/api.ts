/** Asking the server. Every address is relative to where it is mounted, so the UI works below any prefix. */

import { signal } from "@preact/signals";

/** What our own pages say; the server lets no page of another site add it. */
const OURS = { "X-Requested-With": "llama-swap-ui" } as const;

/** Grows with every answer that says we are not (or no more) logged in. */
export const turnedAway = signal(0);

/** An answer that is an error, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The server's word for what is wrong, such as `model_not_found`. */
    readonly code: string = "",
    /** The whole answer, as JSON when it was that. */
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface Asking {
  body?: unknown;
  query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** The address of `path` (without a leading slash) on the server. */
export function address(path: string, query: Asking["query"] = {}): URL {
  const url = new URL(path, new URL("..", document.baseURI));
  for (const [name, value] of Object.entries(query)) {
    const values = typeof value === "object" ? value : value === undefined || value === "" ? [] : [value];
    for (const each of values) url.searchParams.append(name, String(each));
  }
  return url;
}

/**
 * Ask, and resolve to the answer once its head is there. Objects as `body` are sent as JSON, forms and text as they are.
 *
 * Rejects with an `ApiError` for an error and for no answer, or with the `AbortError` of `signal`.
 */
export async function request(method: string, path: string, asking: Asking = {}): Promise<Response> {
  const { body, query, headers, signal: abort = null } = asking;
  const plain = body === undefined || typeof body === "string" || body instanceof FormData || body instanceof Blob;
  const answer = await fetch(address(path, query), {
    method,
    headers: { Accept: "application/json", ...OURS, ...(plain ? {} : { "Content-Type": "application/json" }), ...headers },
    body: plain ? (body ?? null) : JSON.stringify(body),
    credentials: "same-origin",
    signal: abort,
  }).catch((error: unknown) => {
    throw isAbort(error) ? error : new ApiError(0, "The server does not answer.");
  });
  if (answer.ok) return answer;
  if (answer.status === 401) turnedAway.value += 1;
  throw await refusal(answer);
}

/** Ask, and resolve to the answer read as JSON. The type is what the description of the API says of it. */
export async function ask<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  const answer = await request(method, path, asking);
  return (await answer.json()) as T;
}

/** What went wrong, in a sentence for users. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text().catch(() => "");
  try {
    const body: unknown = JSON.parse(text);
    const said = errorIn(body);
    if (said) return new ApiError(answer.status, said.message, said.code, body);
    return new ApiError(answer.status, text.slice(0, 500), "", body);
  } catch {
    return new ApiError(answer.status, text.trim().slice(0, 500) || `${answer.status} ${answer.statusText}`, "", text);
  }
}

/** The message and code of an error body: ours, OpenAI's, Anthropic's, or that of an engine. */
export function errorIn(body: unknown): { message: string; code: string } | null {
  if (typeof body !== "object" || body === null) return null;
  const error: unknown = "error" in body ? body.error : body;
  if (typeof error === "string") return { message: error, code: "" };
  if (typeof error !== "object" || error === null || !("message" in error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return typeof error.message === "string" ? { message: error.message, code } : null;
}
