/** A histogram of speeds as a drawing: shares of the height and of the width, from 0 to 1. Pure. */

import type { Schemas } from "../../server/types";

export type Histogram = Schemas["Histogram"];

export interface Bar {
  height: number;
  count: number;
  from: number;
  to: number;
}

export interface Mark {
  name: "p50" | "p95" | "p99";
  value: number;
  at: number;
}

/** Bars and percentiles. One single value stands in the middle. */
export function drawing({ bins, min, max, binSize, p50, p95, p99 }: Histogram): { most: number; bars: Bar[]; marks: Mark[] } {
  const most = Math.max(...bins, 1);
  const bars = bins.map((count, index) => ({
    height: count / most,
    count,
    from: min + index * binSize,
    to: index === bins.length - 1 ? max : min + (index + 1) * binSize,
  }));
  const at = (value: number): number => (max > min ? Math.min(Math.max((value - min) / (max - min), 0), 1) : 0.5);
  const values = { p50, p95, p99 };
  const marks = (["p50", "p95", "p99"] as const).map((name) => ({ name, value: values[name], at: at(values[name]) }));
  return { most, bars, marks };
}
