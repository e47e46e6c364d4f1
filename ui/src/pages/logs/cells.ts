/** How much room letters of one width take: in which row a line is. Pure. */

const TAB = 8;
const PLAIN = /^[\x20-\x7e]*$/;
/** Letters that take two columns: those of East Asia, and pictures. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** The columns of `text`. */
export function cells(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const letter of text) {
    if (letter === "\t") columns += TAB - (columns % TAB);
    else if (WIDE.test(letter)) columns += 2;
    else if (!NO_WIDTH.test(letter)) columns += 1;
  }
  return columns;
}

/** Rows of lines, one below the other: where each begins, and which one is at a row. */
export class Rows {
  private ends: number[] = [];

  /** `columns`: those of a row; 0: lines are not wrapped. */
  constructor(readonly columns: number) {}

  get size(): number {
    return this.ends.length;
  }

  /** Rows of all lines. */
  get total(): number {
    return this.ends.at(-1) ?? 0;
  }

  push(taken: number): void {
    const rows = this.columns > 0 ? Math.max(1, Math.ceil(taken / this.columns)) : 1;
    this.ends.push(this.total + rows);
  }

  pop(): void {
    this.ends.pop();
  }

  /** Take the first `count` lines away; how many rows they had. */
  shift(count: number): number {
    const gone = this.top(count);
    this.ends = this.ends.slice(count);
    if (gone > 0) this.ends = this.ends.map((end) => end - gone);
    return gone;
  }

  /** The row where the line at `index` begins. */
  top(index: number): number {
    return index <= 0 ? 0 : (this.ends[Math.min(index, this.size) - 1] ?? 0);
  }

  /** The index of the line that `row` belongs to. */
  at(row: number): number {
    let [low, high] = [0, Math.max(0, this.size - 1)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) > row) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
