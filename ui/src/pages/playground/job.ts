/** Something that is asked of a model: one thing at a time, which can be cancelled, and goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { begin } from "../../app/busy";
import { isAbort } from "../../server/api";

export const PATH = "playground";

/** Owned by the module of the tab that it belongs to, so that it outlives the tab's being shown. */
export class Job {
  readonly running = signal(false);
  /** Why it failed last; null when it did not. */
  readonly failure = signal<unknown>(null);
  /** When it began last, ms since the epoch. */
  readonly since = signal(0);
  private abort: AbortController | null = null;

  /** Do `work`, unless something is under way. Resolves to whether it went well; never rejects: see `failure`. */
  async run(work: (abort: AbortSignal) => Promise<unknown>): Promise<boolean> {
    if (this.abort !== null) return false;
    const abort = (this.abort = new AbortController());
    const end = begin(PATH);
    this.since.value = Date.now();
    this.failure.value = null;
    this.running.value = true;
    try {
      await work(abort.signal);
      return true;
    } catch (error) {
      if (!isAbort(error)) this.failure.value = error;
      return false;
    } finally {
      end();
      this.abort = null;
      this.running.value = false;
    }
  }

  /** End what is under way; what it brought so far stays. */
  cancel(): void {
    this.abort?.abort();
  }
}
