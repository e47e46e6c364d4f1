import { describe, expect, it } from "vitest";
import { Filter, PATIENCE, PIECE, neighbour, type Question, type Reply, type Threads } from "../../../src/pages/logs/filter";
import { Ring } from "../../../src/pages/logs/ring";
import { compiled, rangesIn, search } from "../../../src/pages/logs/search";
import { Shown } from "../../../src/pages/logs/shown";

const lines = (...texts: string[]) => texts.map((text) => ({ text, spans: [] }));

/** A thread that answers when it is told to, and a clock that stands. */
class FakeThreads implements Threads {
  asked: Question[] = [];
  started = 0;
  ended = 0;
  watches: { ms: number; what: () => void }[] = [];
  /** Whom each thread tells. */
  private hearers: ((reply: Reply) => void)[] = [];

  start() {
    this.started += 1;
    return {
      post: (question: Question) => void this.asked.push(question),
      onReply: (hear: (reply: Reply) => void) => void this.hearers.push(hear),
      end: () => void (this.ended += 1),
    };
  }

  after(ms: number, what: () => void) {
    const watch = { ms, what };
    this.watches.push(watch);
    return () => void (this.watches = this.watches.filter((each) => each !== watch));
  }

  /** Have a thread, the latest or another, answer the latest question. */
  answer(thread = -1): void {
    const question = this.asked.at(-1);
    const found = compiled(question?.pattern ?? "");
    this.hearers.at(thread)?.({ hits: question && "expression" in found ? search(question.lines, found.expression) : [] });
  }
}

function made(...texts: string[]) {
  const ring = new Ring(10_000);
  ring.push(lines(...texts), 0);
  const threads = new FakeThreads();
  const filter = new Filter(ring, threads, () => undefined);
  return { ring, threads, filter, shown: new Shown(ring, filter) };
}

describe("search", () => {
  it("finds lines without regard to case, and where they match", () => {
    const found = compiled("err(or)?");
    expect("expression" in found && search(["An ERROR, an err", "fine"], found.expression)).toEqual([{ index: 0, ranges: [3, 8, 13, 16] }]);
  });
  it("matches a line without a letter of it", () => {
    expect(rangesIn("abc", /x*/giu)).toEqual([]);
    expect(rangesIn("abc", /x/giu)).toBeNull();
  });
  it("says what is wrong with an expression, and takes what browsers take", () => {
    expect(compiled("(")).toEqual({ problem: expect.stringContaining("(") as unknown });
    expect("expression" in compiled("\\-")).toBe(true);
  });
});

describe("Filter", () => {
  it("looks through what there is, then through what comes, piece by piece", () => {
    const { ring, threads, filter } = made(...Array.from({ length: PIECE + 5 }, (_, at) => `n ${at}`));
    filter.set("n .*7$");
    expect(threads.asked.map((each) => each.lines.length)).toEqual([PIECE]);
    expect(filter.isDone).toBe(false);
    threads.answer();
    threads.answer();
    expect(filter.isDone).toBe(true);
    expect(filter.numbers.length).toBe(200);
    expect(filter.rangesOf(7)).toEqual([0, 3]);
    ring.push(lines("n 7", "x"), 0);
    filter.pump();
    threads.answer();
    expect(filter.numbers.at(-1)).toBe(PIECE + 5);
    expect([threads.started, threads.watches.length]).toEqual([1, 0]);
  });
  it("gives up what takes too long, and can be used again", () => {
    const { threads, filter } = made("aaa");
    filter.set("(a+)+b");
    expect(threads.watches.map(({ ms }) => ms)).toEqual([PATIENCE]);
    threads.watches[0]?.what();
    expect([filter.state.is, threads.ended]).toEqual(["slow", 1]);
    filter.set("a");
    threads.answer();
    expect([filter.state.is, filter.numbers]).toEqual(["on", [0]]);
  });
  it("asks nobody about what is no expression, or empty", () => {
    const { threads, filter } = made("a");
    filter.set("(");
    expect(filter.state.is).toBe("invalid");
    filter.set("");
    expect([filter.state.is, threads.asked.length]).toEqual(["off", 0]);
  });
  it("does not take the answer to an old question", () => {
    const { threads, filter } = made("a", "b");
    filter.set("a");
    filter.set("b");
    threads.answer(0);
    expect(filter.numbers).toEqual([]);
    threads.answer(1);
    expect(filter.numbers).toEqual([1]);
  });
});

describe("Shown", () => {
  it("shows all lines, also the one without an end, and forgets what is gone", () => {
    const { ring, shown } = made("a", "b");
    shown.reset(0, false);
    ring.setOpen({ text: "c", spans: [] }, 0);
    shown.sync();
    expect([shown.size, shown.numberAt(2)]).toEqual([3, 2]);
    ring.setOpen(null, 0);
    ring.push(lines(...Array.from({ length: 20_000 }, () => "x")), 0);
    expect(shown.sync()).toBe(2);
    expect([shown.numberAt(0), shown.size]).toEqual([ring.first, ring.next - ring.first]);
  });
  it("shows nothing behind its limit", () => {
    const { ring, shown } = made("a", "b");
    shown.reset(0, false);
    shown.limit = 2;
    ring.push(lines("c"), 0);
    shown.sync();
    expect(shown.size).toBe(2);
    shown.limit = null;
    shown.sync();
    expect(shown.size).toBe(3);
  });
  it("shows only what matches", () => {
    const { ring, threads, filter, shown } = made("a", "b", "ab");
    shown.reset(1, true);
    filter.set("a");
    threads.answer();
    shown.sync();
    expect([shown.size, shown.numberAt(1), shown.totalRows, shown.indexOf(2)]).toEqual([2, 2, 3, 1]);
    ring.push(lines("a!"), 0);
    filter.pump();
    threads.answer();
    shown.sync();
    expect([shown.size, shown.totalRows]).toEqual([3, 5]);
  });
});

describe("neighbour", () => {
  it("goes to the next match, and round", () => {
    expect([-1, 3, 5, 9].map((at) => neighbour([3, 5, 9], at, 1))).toEqual([3, 5, 9, 3]);
    expect([-1, 3, 5, 99].map((at) => neighbour([3, 5, 9], at, -1))).toEqual([9, 9, 3, 9]);
    expect(neighbour([], 1, 1)).toBe(-1);
  });
});
