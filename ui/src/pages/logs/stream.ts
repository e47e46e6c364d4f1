/**
 * One log of the server, followed until it is stopped: its history first, then what is written. When the stream ends it is
 * begun again, and goes on where it was (`seam.ts`).
 */

import { wait } from "../../lib/backoff";
import { ApiError, isAbort, messageOf } from "../../server/api";
import { goesOn, tailOf } from "./seam";

/** How it is with the stream; `open` once its history has been told. */
export type LogLink = { is: "connecting" } | { is: "open" } | { is: "waiting" } | { is: "refused"; why: string };

export interface LogHearer {
  /** Text of the log; `history`: it was written before. */
  text(text: string, history: boolean): void;
  /** What was written last and what comes now do not meet: some may be missing. */
  gap(): void;
  link(link: LogLink): void;
}

/** A stream as it was opened. */
export interface Opened {
  body: ReadableStream<Uint8Array>;
  /** Bytes at its beginning that were written before. */
  history: number;
}

/** What a stream needs of the world. */
export interface LogWorld {
  open(signal: AbortSignal): Promise<Opened>;
  after(ms: number, what: () => void): () => void;
  random(): number;
}

export class LogStream {
  private abort: AbortController | null = null;
  private endTimer: (() => void) | null = null;
  private failures = 0;
  private tail = "";
  private told = false;
  /** What has come of a history that goes on something; null when it is over. */
  private collected: string | null = null;
  /** Bytes of history that are still to come. */
  private ahead = 0;

  constructor(
    private readonly hearer: LogHearer,
    private readonly world: LogWorld,
  ) {}

  start(): void {
    this.endTimer?.();
    this.endTimer = null;
    void this.attempt(new AbortController());
  }

  /** Begin the stream again, as the one there is may be dead. */
  restart(): void {
    this.stop();
    this.start();
  }

  stop(): void {
    this.abort?.abort();
    this.abort = null;
    this.endTimer?.();
    this.endTimer = null;
  }

  private async attempt(abort: AbortController): Promise<void> {
    this.abort = abort;
    this.hearer.link({ is: "connecting" });
    let refused = "";
    try {
      await this.read(await this.world.open(abort.signal), abort);
    } catch (error) {
      if (isAbort(error)) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) refused = messageOf(error);
    }
    if (this.abort !== abort) return;
    this.abort = null;
    if (refused) this.hearer.link({ is: "refused", why: refused });
    else this.again();
  }

  private again(): void {
    this.failures += 1;
    this.hearer.link({ is: "waiting" });
    this.endTimer = this.world.after(wait(this.failures, this.world.random()), () => this.start());
  }

  private async read({ body, history }: Opened, abort: AbortController): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    this.ahead = history;
    this.collected = this.told ? "" : null;
    if (history === 0) this.settle();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.abort !== abort) return;
      this.failures = 0;
      this.take(value, decoder);
    }
  }

  private take(bytes: Uint8Array, decoder: TextDecoder): void {
    const old = bytes.subarray(0, this.ahead);
    if (old.length > 0) {
      this.ahead -= old.length;
      this.collect(decoder.decode(old, { stream: true }));
    }
    if (old.length < bytes.length) this.tell(decoder.decode(bytes.subarray(old.length), { stream: true }), false);
  }

  private collect(text: string): void {
    if (this.collected === null) this.tell(text, true);
    else this.collected += text;
    if (this.ahead === 0) this.settle();
  }

  /** The history is over: tell what of one that was collected is new. What is cut off is not told, as the next stream tells it again. */
  private settle(): void {
    if (this.collected !== null) this.tellNew(this.collected);
    this.collected = null;
    this.hearer.link({ is: "open" });
  }

  private tellNew(history: string): void {
    const more = goesOn(this.tail, history);
    if (more === null) {
      this.hearer.gap();
      this.tail = "";
    }
    this.tell(more ?? history, more === null);
  }

  private tell(text: string, history: boolean): void {
    if (text === "") return;
    this.told = true;
    this.tail = tailOf(this.tail, text);
    this.hearer.text(text, history);
  }
}
