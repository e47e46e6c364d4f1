/** What is asked of the server again and again: at most once a second, never twice at a time, and late answers are dropped. */

import { signal } from "@preact/signals";
import { isAbort, messageOf } from "../../server/api";

/** What is known. `at` is when it came, in ms since the epoch; `error` says why there is nothing newer. */
export interface Loaded<T> {
  value: T | null;
  at: number | null;
  error: string;
  /** Something else than `value` was asked for and is awaited. */
  pending: boolean;
}

export interface LoaderWorld {
  now(): number;
  after(ms: number, what: () => void): () => void;
}

/** Milliseconds between two askings, unless something else is wanted. */
export const PAUSE = 1000;
/** What takes long is asked for less often: at rest this many times as long as it takes. */
const REST = 4;

export class Loader<T> {
  readonly state = signal<Loaded<T>>({ value: null, at: null, error: "", pending: false });
  private work: ((abort: AbortSignal) => Promise<T>) | null = null;
  private abort: AbortController | null = null;
  private endWait: (() => void) | null = null;
  private again = false;
  private next = 0;

  constructor(private readonly world: LoaderWorld = browser) {}

  /** Ask for something, at once. */
  aim(work: (abort: AbortSignal) => Promise<T>): void {
    this.work = work;
    void this.run(true);
  }

  /** What is known may be old: ask again, soon. */
  refresh(): void {
    if (this.work === null || this.endWait !== null) return;
    if (this.abort !== null) {
      this.again = true;
      return;
    }
    const wait = this.next - this.world.now();
    if (wait <= 0) void this.run(false);
    else this.endWait = this.world.after(wait, () => void this.run(false));
  }

  /** Ask no more, until `aim`. */
  stop(): void {
    this.rest();
    this.work = null;
  }

  private rest(): void {
    this.endWait?.();
    this.endWait = null;
    this.abort?.abort();
    this.abort = null;
    this.again = false;
  }

  private async run(pending: boolean): Promise<void> {
    this.rest();
    const abort = (this.abort = new AbortController());
    const begun = this.world.now();
    this.state.value = { ...this.state.peek(), pending };
    const change = await this.answer(abort.signal);
    if (this.abort !== abort) return;
    this.abort = null;
    const ended = this.world.now();
    this.next = begun + Math.max(PAUSE, REST * (ended - begun));
    this.state.value = { ...this.state.peek(), pending: false, ...change };
    if (this.again) this.refresh();
  }

  private async answer(abort: AbortSignal): Promise<Partial<Loaded<T>>> {
    try {
      return { value: await this.work?.(abort) ?? null, at: this.world.now(), error: "" };
    } catch (error) {
      return isAbort(error) ? {} : { error: messageOf(error) };
    }
  }
}

const browser: LoaderWorld = {
  now: () => Date.now(),
  after(ms, what) {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
};
