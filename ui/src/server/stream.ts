/**
 * The stream of events of the server, kept open: who is told what is `feed.ts`'s business.
 *
 * It is read with `fetch`, as an `EventSource` tells no refusal from a failure and makes the browser ask for a password.
 */

import { createParser } from "eventsource-parser";
import { wait } from "../lib/backoff";
import type { Told } from "./types";

/** Silence in ms after which a stream is taken for dead; the server says something every 10 s. */
export const SILENCE = 25_000;

/** How it is with the stream. Times are ms since the epoch. */
export type Link =
  | { is: "connecting"; attempt: number }
  | { is: "open" }
  | { is: "waiting"; until: number; attempt: number; why: string }
  | { is: "refused" };

export interface Hearer {
  /** How it is now. */
  link(link: Link): void;
  /** Messages, in order; with `fresh` they tell everything anew, in place of what was told before. */
  told(messages: Told[], fresh: boolean): void;
}

/** What it needs of the world. */
export interface World {
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  random(): number;
  after(ms: number, what: () => void): () => void;
}

/** One stream. It begins with `start`, and ends for good with `stop`. */
export class Stream {
  private failures = 0;
  private lastId = "";
  private abort: AbortController | null = null;
  private endTimer: (() => void) | null = null;
  private endWatch: (() => void) | null = null;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly hearer: Hearer,
    private readonly world: World,
  ) {}

  start(): void {
    this.stopped = false;
    void this.attempt();
  }

  stop(): void {
    this.stopped = true;
    this.abort?.abort();
    this.clear();
  }

  /** Connect now, unless it is connected or about to be. */
  retry(): void {
    if (this.stopped || this.abort !== null) return;
    this.clear();
    void this.attempt();
  }

  private async attempt(): Promise<void> {
    const abort = (this.abort = new AbortController());
    this.hearer.link({ is: "connecting", attempt: this.failures + 1 });
    let why = "The server has ended the stream.";
    try {
      this.watch(abort);
      const answer = await this.world.fetch(this.url, this.asking(abort));
      if (answer.status === 401 || answer.status === 403) {
        this.refused();
        return;
      }
      if (!answer.ok || answer.body === null || !isEvents(answer)) throw new Error(`The server answers ${answer.status}, and no events.`);
      await this.read(answer.body, abort);
    } catch (error) {
      why = error instanceof Error && error.name !== "AbortError" && error.name !== "TypeError" ? error.message : "The server does not answer.";
    }
    this.clear();
    this.abort = null;
    if (!this.stopped) this.again(why);
  }

  private asking(abort: AbortController): RequestInit {
    const headers: Record<string, string> = { Accept: "text/event-stream", "X-Requested-With": "llama-swap-ui" };
    if (this.lastId) headers["Last-Event-ID"] = this.lastId;
    return { headers, credentials: "same-origin", cache: "no-store", signal: abort.signal };
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    let batch: Told[] = [];
    let fresh = false;
    const flush = (): void => {
      if (batch.length > 0 || fresh) this.hearer.told(batch, fresh);
      [batch, fresh] = [[], false];
    };
    const parser = createParser({
      onEvent: ({ id, data }) => {
        const told = unpacked(data);
        if (id?.endsWith(".1")) {
          flush();
          fresh = true;
        }
        if (id) this.lastId = id;
        this.failures = 0;
        if (told) batch.push(told);
      },
    });
    const text = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    this.hearer.link({ is: "open" });
    for (;;) {
      const { done, value } = await text.read();
      if (done) return;
      this.watch(abort);
      parser.feed(value);
      flush();
    }
  }

  private watch(abort: AbortController): void {
    this.endWatch?.();
    this.endWatch = this.world.after(SILENCE, () => abort.abort());
  }

  private refused(): void {
    this.clear();
    this.abort = null;
    this.hearer.link({ is: "refused" });
  }

  private again(why: string): void {
    this.failures += 1;
    const ms = wait(this.failures, this.world.random());
    this.hearer.link({ is: "waiting", until: this.world.now() + ms, attempt: this.failures, why });
    this.endTimer = this.world.after(ms, () => void this.attempt());
  }

  private clear(): void {
    this.endTimer?.();
    this.endWatch?.();
    this.endTimer = this.endWatch = null;
  }
}

function isEvents(answer: Response): boolean {
  return answer.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
}

/** What a message says; null for what cannot be read. */
export function unpacked(data: string): Told | null {
  try {
    const outer: unknown = JSON.parse(data);
    if (typeof outer !== "object" || outer === null || !("type" in outer) || !("data" in outer)) return null;
    if (typeof outer.data !== "string") return null;
    return { type: outer.type, data: JSON.parse(outer.data) as unknown } as Told;
  } catch {
    return null;
  }
}
