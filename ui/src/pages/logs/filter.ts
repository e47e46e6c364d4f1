/**
 * The lines that match an expression. Lines are looked through by a thread, a few thousand at a time; one piece that takes too
 * long ends thread and filter, so that no expression can freeze the page (web-ui J45).
 */

import { compiled, type Hit } from "./search";

export interface Question {
  pattern: string;
  lines: string[];
}

export interface Reply {
  hits: Hit[];
}

/** How it is with the filter. `slow`: the expression took too long and was given up. */
export type FilterState = { is: "off" } | { is: "on" } | { is: "invalid"; problem: string } | { is: "slow" };

/** What a filter needs of the world: a thread, and time. */
export interface Threads {
  start(): { post(question: Question): void; onReply(hear: (reply: Reply) => void): void; end(): void };
  after(ms: number, what: () => void): () => void;
}

/** Lines with numbers, as `Ring` has them. */
export interface Source {
  first: number;
  next: number;
  texts(from: number, most: number): string[];
}

/** Lines that are asked about at once. */
export const PIECE = 2000;
/** Milliseconds for a piece. */
export const PATIENCE = 1000;

export class Filter {
  state: FilterState = { is: "off" };
  pattern = "";
  /** The numbers of the lines that match, in order. */
  numbers: number[] = [];
  private ranges = new Map<number, readonly number[]>();
  private asked = 0;
  private thread: ReturnType<Threads["start"]> | null = null;
  private endWatch: (() => void) | null = null;

  /** `changed` is called when more is known. */
  constructor(
    private readonly source: Source,
    private readonly threads: Threads,
    private readonly changed: () => void,
  ) {}

  /** Look for `pattern` in all lines, and in those to come; an empty one ends that. */
  set(pattern: string): void {
    this.stop();
    this.pattern = pattern;
    const found = pattern === "" ? null : compiled(pattern);
    if (found === null) this.state = { is: "off" };
    else this.state = "problem" in found ? { is: "invalid", problem: found.problem } : { is: "on" };
    this.pump();
    this.changed();
  }

  /** The source has more lines, or fewer. */
  pump(): void {
    if (this.state.is !== "on") return;
    this.forget();
    if (this.endWatch !== null || this.asked >= this.source.next) return;
    const from = Math.max(this.asked, this.source.first);
    const lines = this.source.texts(from, PIECE);
    this.asked = from + lines.length;
    this.thread ??= this.started();
    this.heard = ({ hits }) => this.take(from, hits);
    this.endWatch = this.threads.after(PATIENCE, () => this.giveUp());
    this.thread.post({ pattern: this.pattern, lines });
  }

  /** Where a line matches: pairs of beginnings and ends. */
  rangesOf(number: number): readonly number[] {
    return this.ranges.get(number) ?? [];
  }

  /** Whether everything that there is was looked through. */
  get isDone(): boolean {
    return this.state.is !== "on" || (this.endWatch === null && this.asked >= this.source.next);
  }

  /** End the thread; nothing is known any more. */
  stop(): void {
    this.thread?.end();
    this.thread = null;
    this.endWatch?.();
    this.endWatch = null;
    this.numbers = [];
    this.ranges.clear();
    this.asked = this.source.first;
  }

  private heard: (reply: Reply) => void = () => undefined;

  private started(): ReturnType<Threads["start"]> {
    const thread = this.threads.start();
    thread.onReply((reply) => this.thread === thread && this.heard(reply));
    return thread;
  }

  private take(from: number, hits: readonly Hit[]): void {
    this.endWatch?.();
    this.endWatch = null;
    for (const { index, ranges } of hits) {
      this.numbers.push(from + index);
      this.ranges.set(from + index, ranges);
    }
    this.pump();
    this.changed();
  }

  private giveUp(): void {
    this.endWatch = null;
    this.stop();
    this.state = { is: "slow" };
    this.changed();
  }

  /** Drop what is known of lines that are kept no more. */
  private forget(): void {
    const keep = this.numbers.findIndex((number) => number >= this.source.first);
    const gone = this.numbers.splice(0, keep < 0 ? this.numbers.length : keep);
    for (const number of gone) this.ranges.delete(number);
  }
}

/** Of sorted `numbers`, the next one after `current` (or before it, when `step` is -1), going round; -1 when there are none. */
export function neighbour(numbers: readonly number[], current: number, step: 1 | -1): number {
  if (numbers.length === 0) return -1;
  const after = numbers.findIndex((number) => (step === 1 ? number > current : number >= current));
  if (step === 1) return numbers[after < 0 ? 0 : after] ?? -1;
  const before = after < 0 ? numbers.length - 1 : after - 1;
  return numbers[before < 0 ? numbers.length - 1 : before] ?? -1;
}
