/**
 * The latest lines of a log, numbered from the first one ever, and the one that has no end yet. Pure.
 *
 * It is cut by the thousand, so that keeping it bounded costs nothing per line.
 */

import type { Line } from "./ansi";
import { cells } from "./cells";

/** A line as it is kept. */
export interface Kept extends Line {
  /** When it came here, in ms since the epoch; 0 for what was there before. */
  at: number;
  /** Columns that it takes in one row. */
  cells: number;
  /** It is no line of the log but a remark of ours. */
  remark: boolean;
}

/** Lines that are kept at least, once there were so many. */
const CAPACITY = 100_000;
const SLACK = 5_000;

export class Ring {
  private lines: Kept[] = [];
  /** The number of the oldest line that is kept. */
  first = 0;
  /** The line without an end; its number is `next`. */
  open: Kept | null = null;

  constructor(private readonly capacity = CAPACITY) {}

  /** The number of the next line with an end. */
  get next(): number {
    return this.first + this.lines.length;
  }

  /** The number behind the last line, open or not. */
  get end(): number {
    return this.next + (this.open ? 1 : 0);
  }

  push(lines: readonly Line[], at: number, remark = false): void {
    for (const line of lines) this.lines.push(kept(line, at, remark));
    const tooMany = this.lines.length - this.capacity;
    if (tooMany <= Math.min(SLACK, this.capacity)) return;
    this.lines.splice(0, tooMany);
    this.first += tooMany;
  }

  setOpen(line: Line | null, at: number): void {
    this.open = line && kept(line, at, false);
  }

  get(number: number): Kept | undefined {
    return number === this.next ? (this.open ?? undefined) : this.lines[number - this.first];
  }

  /** The number of the last line that was there at `time`; -1: none. Of those that were there before, nobody knows since when. */
  lastAt(time: number): number {
    for (let number = this.end - 1; number >= this.first; number -= 1) {
      if ((this.get(number)?.at ?? 0) <= time) return number;
    }
    return -1;
  }

  /** The texts of lines with an end, from the number `from` on, `most` of them at most. */
  texts(from: number, most: number): string[] {
    const at = Math.max(0, from - this.first);
    return this.lines.slice(at, at + most).map(({ text }) => text);
  }

  /** Forget all lines; numbers go on. */
  clear(): void {
    this.first = this.next;
    this.lines = [];
    this.open = null;
  }
}

function kept({ text, spans }: Line, at: number, remark: boolean): Kept {
  return { text, spans, at, remark, cells: cells(text) };
}
