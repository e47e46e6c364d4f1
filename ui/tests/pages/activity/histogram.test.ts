import { expect, it } from "vitest";
import { drawing } from "@/pages/activity/histogram";

it("draws bars and percentiles in shares", () => {
  const { most, bars, marks } = drawing({ bins: [1, 0, 4], min: 10, max: 40, binSize: 10, p50: 25, p95: 40, p99: 99 });
  expect(most).toBe(4);
  expect(bars.map(({ height, from, to }) => [height, from, to])).toEqual([[0.25, 10, 20], [0, 20, 30], [1, 30, 40]]);
  expect(marks.map(({ name, at }) => [name, at])).toEqual([["p50", 0.5], ["p95", 1], ["p99", 1]]);
});

it("has a place for one single value", () => {
  const { bars, marks } = drawing({ bins: [3], min: 7, max: 7, binSize: 0, p50: 7, p95: 7, p99: 7 });
  expect(bars).toEqual([{ height: 1, count: 3, from: 7, to: 7 }]);
  expect(marks.every(({ at }) => at === 0.5)).toBe(true);
});
