import { describe, expect, it } from "vitest";
import { Rows, cells } from "../../../src/pages/logs/cells";
import { Ring } from "../../../src/pages/logs/ring";

const line = (text: string) => ({ text, spans: [] });
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => line(`line ${from + index}`));

describe("Ring", () => {
  it("numbers lines from the first one ever", () => {
    const ring = new Ring(10);
    ring.push(numbered(0, 3), 7);
    ring.setOpen(line("open"), 8);
    expect([ring.first, ring.next, ring.end]).toEqual([0, 3, 4]);
    expect(ring.get(1)).toEqual({ text: "line 1", spans: [], at: 7, cells: 6, remark: false });
    expect([ring.get(3)?.text, ring.get(4), ring.get(-1)]).toEqual(["open", undefined, undefined]);
    expect(ring.texts(1, 5)).toEqual(["line 1", "line 2"]);
  });
  it("keeps the latest ones, and is bounded", () => {
    const ring = new Ring(10);
    for (let at = 0; at < 100; at += 1) {
      ring.push(numbered(at, at + 1), 0);
      expect(ring.next - ring.first).toBeLessThanOrEqual(20);
      expect(ring.get(ring.next - 1)?.text).toBe(`line ${at}`);
    }
    expect(ring.next).toBe(100);
    expect(ring.get(ring.first)?.text).toBe(`line ${ring.first}`);
    expect(ring.texts(0, 2)).toEqual([`line ${ring.first}`, `line ${ring.first + 1}`]);
  });
  it("knows the last line that was there at a time", () => {
    const ring = new Ring();
    expect(ring.lastAt(100)).toBe(-1);
    ring.push(numbered(0, 3), 0);
    expect(ring.lastAt(100)).toBe(2);
    ring.push(numbered(3, 5), 90);
    ring.push(numbered(5, 8), 110);
    ring.setOpen(line("open"), 120);
    expect([ring.lastAt(80), ring.lastAt(100), ring.lastAt(110), ring.lastAt(200)]).toEqual([2, 4, 7, 8]);
  });
  it("forgets all without beginning anew", () => {
    const ring = new Ring();
    ring.push(numbered(0, 3), 0);
    ring.setOpen(line("x"), 0);
    ring.clear();
    expect([ring.first, ring.end]).toEqual([3, 3]);
    ring.push(numbered(3, 4), 0);
    expect(ring.get(3)?.text).toBe("line 3");
  });
});

describe("cells", () => {
  it("counts columns, of tabs and wide letters too", () => {
    expect(["", "abc", "a\tb", "漢字", "e\u0301", "🦙"].map(cells)).toEqual([0, 3, 9, 4, 1, 2]);
  });
});

describe("Rows", () => {
  it("finds the row of a line, and the line of a row", () => {
    const rows = new Rows(10);
    for (const taken of [5, 25, 0, 10, 11]) rows.push(taken);
    expect([0, 1, 2, 3, 4, 5].map((index) => rows.top(index))).toEqual([0, 1, 4, 5, 6, 8]);
    expect([0, 1, 3, 4, 5, 6, 7, 99].map((row) => rows.at(row))).toEqual([0, 1, 1, 2, 3, 4, 4, 4]);
    expect(rows.total).toBe(8);
  });
  it("is right after lines went away at both ends", () => {
    const rows = new Rows(10);
    for (const taken of [5, 25, 0, 10, 11]) rows.push(taken);
    rows.pop();
    expect(rows.shift(2)).toBe(4);
    expect([rows.size, rows.total, rows.top(1), rows.at(1)]).toEqual([2, 2, 1, 1]);
    expect(rows.shift(2)).toBe(2);
    expect([rows.size, rows.total, rows.at(5)]).toEqual([0, 0, 0]);
  });
  it("counts one row for each line that is not wrapped", () => {
    const rows = new Rows(0);
    rows.push(1000);
    rows.push(0);
    expect([rows.top(1), rows.total]).toEqual([1, 2]);
  });
});
