/** Clocks that many texts share: each keeps the time only while somebody reads it and the page can be seen. */

export interface TickerWorld {
  /** Call `tick` every `ms`; the returned function ends that. */
  every(ms: number, tick: () => void): () => void;
  hidden(): boolean;
  /** Call `changed` when the page is hidden or shown; the returned function ends that. */
  onVisibility(changed: () => void): () => void;
}

/** Calls those who watch every `period` milliseconds. */
export class Ticker {
  private readonly watchers = new Set<() => void>();
  private endTicking: (() => void) | null = null;
  private endListening: (() => void) | null = null;

  constructor(
    private readonly period: number,
    private readonly world: TickerWorld = browser,
  ) {}

  /** Call `update` now and at each tick; the returned function ends that. */
  watch(update: () => void): () => void {
    this.watchers.add(update);
    this.endListening ??= this.world.onVisibility(() => this.settle());
    update();
    this.settle();
    return () => {
      this.watchers.delete(update);
      this.settle();
    };
  }

  private settle(): void {
    const wanted = this.watchers.size > 0;
    if (!wanted) {
      this.endListening?.();
      this.endListening = null;
    }
    if (wanted && !this.world.hidden()) {
      if (this.endTicking === null) {
        this.endTicking = this.world.every(this.period, () => this.tick());
        this.tick();
      }
    } else {
      this.endTicking?.();
      this.endTicking = null;
    }
  }

  private tick(): void {
    for (const update of this.watchers) update();
  }
}

const browser: TickerWorld = {
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  },
  hidden: () => document.hidden,
  onVisibility(changed) {
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  },
};

/** Ten times a second: how long requests have been under way. */
export const fast = new Ticker(100);
/** Once a second: how long ago something was. */
export const slow = new Ticker(1000);
