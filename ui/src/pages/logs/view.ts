/**
 * One log as a panel shows it: followed, read, kept and filtered. What comes is read in the browser's frames, a few milliseconds
 * in each, so that no burst stops the page (appendix B).
 */

import { signal } from "@preact/signals";
import { Painter } from "./ansi";
import { Filter, type Threads } from "./filter";
import { Ring } from "./ring";
import { Shown } from "./shown";
import { LogStream, type LogLink, type LogWorld } from "./stream";

/** Milliseconds of reading in one frame. */
const BUDGET = 8;
/** Characters that are read between two looks at the clock. */
const PIECE = 16 * 1024;
/** Characters that wait to be read at most; what is older will be pushed out by what is newer anyway. */
const MOST_WAITING = 32 * 1024 * 1024;

export interface ViewWorld extends LogWorld, Threads {
  /** Call `work` before the next picture, or soon where none is drawn. */
  frame(work: () => void): () => void;
  /** Milliseconds, for measuring. */
  clock(): number;
  /** Milliseconds since the epoch. */
  now(): number;
}

export class LogView {
  readonly ring = new Ring();
  readonly filter: Filter;
  readonly shown: Shown;
  readonly link = signal<LogLink>({ is: "connecting" });
  /** Grows whenever something else is to be shown. */
  readonly version = signal(0);
  readonly paused = signal(false);
  /** Rows that went away at the top since somebody looked. */
  private gone = 0;
  private painter = new Painter();
  private waiting: { text: string; history: boolean }[] = [];
  private size = 0;
  private endFrame: (() => void) | null = null;
  private readonly stream: LogStream;

  constructor(
    private readonly world: ViewWorld,
    /** The text of the remark where lines may be missing. */
    private readonly gapText: string,
  ) {
    this.filter = new Filter(this.ring, world, () => this.changed());
    this.shown = new Shown(this.ring, this.filter);
    this.stream = new LogStream(
      {
        text: (text, history) => this.take(text, history),
        gap: () => this.remark(),
        link: (link) => (this.link.value = link),
      },
      world,
    );
  }

  /** Follow it, anew when it is followed already. */
  restart(): void {
    this.stream.restart();
  }

  /** Follow it no more for a while; `restart` goes on. */
  rest(): void {
    this.stream.stop();
  }

  /** End everything; the view is of no use any more. */
  stop(): void {
    this.stream.stop();
    this.filter.stop();
    this.endFrame?.();
    this.endFrame = null;
  }

  /** Show lines in rows of other columns, or only those that match, or all; for whoever is about to draw them. */
  arrange(columns: number, onlyMatching: boolean): void {
    this.shown.reset(columns, onlyMatching);
    this.shown.sync();
  }

  /** Show nothing of what comes, until it is called with false; it is kept all the same. */
  pause(on: boolean): void {
    this.paused.value = on;
    this.shown.limit = on ? this.ring.next : null;
    this.changed();
  }

  /** Forget what is shown. */
  clear(): void {
    this.ring.clear();
    this.filter.set(this.filter.pattern);
    if (this.paused.value) this.shown.limit = this.ring.next;
    this.changed();
  }

  /** Draw again, whoever asks this while drawing, when something else is to be shown; how often that was. */
  watched(): number {
    return this.version.value;
  }

  /** How many rows went away at the top since this was asked last. */
  takeGone(): number {
    const { gone } = this;
    this.gone = 0;
    return gone;
  }

  /** Whether all history has come, and all that has come was read. */
  get isRead(): boolean {
    return this.link.value.is === "open" && this.waiting.length === 0;
  }

  /** The text of all lines, or of those that are shown. */
  text(only: "all" | "shown"): string {
    const numbers =
      only === "shown"
        ? Array.from({ length: this.shown.size }, (_, index) => this.shown.numberAt(index))
        : Array.from({ length: this.ring.end - this.ring.first }, (_, index) => this.ring.first + index);
    return numbers.map((number) => `${this.ring.get(number)?.text ?? ""}\n`).join("");
  }

  private take(text: string, history: boolean): void {
    this.waiting.push({ text, history });
    this.size += text.length;
    while (this.size > MOST_WAITING && this.waiting.length > 1) this.size -= this.waiting.shift()?.text.length ?? 0;
    this.endFrame ??= this.world.frame(() => this.read());
  }

  private read(): void {
    this.endFrame = null;
    const end = this.world.clock() + BUDGET;
    while (this.waiting.length > 0 && this.world.clock() < end) this.readPiece();
    this.filter.pump();
    this.changed();
    if (this.waiting.length > 0) this.endFrame = this.world.frame(() => this.read());
  }

  private readPiece(): void {
    const next = this.waiting[0];
    if (!next) return;
    const piece = next.text.slice(0, PIECE);
    this.size -= piece.length;
    if (piece.length === next.text.length) this.waiting.shift();
    else next.text = next.text.slice(PIECE);
    const at = next.history ? 0 : this.world.now();
    this.ring.push(this.painter.feed(piece), at);
    this.ring.setOpen(this.painter.open(), at);
  }

  private remark(): void {
    this.painter = new Painter();
    this.ring.setOpen(null, 0);
    this.ring.push([{ text: this.gapText, spans: [] }], this.world.now(), true);
    this.changed();
  }

  private changed(): void {
    this.gone += this.shown.sync();
    this.version.value += 1;
  }
}
