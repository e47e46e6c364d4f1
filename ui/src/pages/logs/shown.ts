/** Which lines of a log are shown, and in which rows they stand: all, or those that match; up to where the view is paused. Pure. */

import { Rows } from "./cells";
import type { Filter } from "./filter";
import type { Ring } from "./ring";

export class Shown {
  private rows = new Rows(0);
  /** The number of the first line in `rows`, and of the one behind the last. */
  private first = 0;
  private last = 0;
  private hasOpen = false;
  private matching: readonly number[] | null = null;
  /** Lines from this number on are not shown; null: all are. */
  limit: number | null = null;

  constructor(
    private readonly ring: Ring,
    private readonly filter: Filter,
  ) {}

  get size(): number {
    return this.rows.size;
  }

  get totalRows(): number {
    return this.rows.total;
  }

  /** The number of the line at `index`. */
  numberAt(index: number): number {
    return this.matching === null ? this.first + index : (this.matching[index] ?? -1);
  }

  /** The row where the line at `index` begins. */
  top(index: number): number {
    return this.rows.top(index);
  }

  /** The index of the line at `row`. */
  at(row: number): number {
    return this.rows.at(row);
  }

  /** Where the line `number` is or would be. */
  indexOf(number: number): number {
    if (this.matching === null) return Math.min(Math.max(0, number - this.first), Math.max(0, this.size - 1));
    const found = this.matching.findIndex((each) => each >= number);
    return found < 0 ? Math.max(0, this.size - 1) : found;
  }

  /** Begin anew: with rows of other columns, or with all lines instead of those that match. */
  reset(columns: number, onlyMatching: boolean): void {
    this.rows = new Rows(columns);
    this.matching = onlyMatching ? [] : null;
    this.first = this.last = this.ring.first;
    this.hasOpen = false;
  }

  /** Show what is new, and no more what is gone; how many rows went away at the top. */
  sync(): number {
    return this.matching === null ? this.syncAll() : this.syncMatching();
  }

  private syncAll(): number {
    if (this.hasOpen) this.rows.pop();
    this.hasOpen = false;
    const kept = Math.max(0, Math.min(this.ring.first, this.last) - this.first);
    const gone = this.rows.shift(kept);
    this.first = this.ring.first;
    this.last = Math.max(this.last, this.first);
    const end = Math.min(this.ring.next, this.limit ?? Infinity);
    for (; this.last < end; this.last += 1) this.rows.push(this.ring.get(this.last)?.cells ?? 0);
    if (this.ring.open !== null && this.limit === null) {
      this.rows.push(this.ring.open.cells);
      this.hasOpen = true;
    }
    return gone;
  }

  private syncMatching(): number {
    const { numbers } = this.filter;
    const before = this.matching ?? [];
    const kept = numbers[0] === undefined ? before.length : before.findIndex((number) => number >= (numbers[0] ?? 0));
    const gone = this.rows.shift(kept < 0 ? before.length : kept);
    const end = this.limit === null ? numbers.length : numbers.findIndex((number) => number >= (this.limit ?? 0));
    this.matching = end < 0 ? [...numbers] : numbers.slice(0, end);
    for (let index = this.rows.size; index < this.matching.length; index += 1) {
      this.rows.push(this.ring.get(this.matching[index] ?? -1)?.cells ?? 0);
    }
    return gone;
  }
}
