/** How the bars of a test are divided, and where its ticks stand. */

import type { Asked, Phase } from "./run";

export interface Segment {
  phase: Phase | "error";
  from: number;
  to: number;
}

/** The phases of a request with their times, up to `now` for one that is under way; a failure colours the last of them. */
export function segmentsOf({ marks, end, state }: Pick<Asked, "marks" | "end" | "state">, now: number): Segment[] {
  const last = Math.max(end ?? now, marks.at(-1)?.from ?? 0);
  const all = marks.map(({ phase, from }, at): Segment => ({ phase, from, to: marks[at + 1]?.from ?? last }));
  const final = all.at(-1);
  if (state === "error" && final) final.phase = "error";
  return all;
}

/** Round times within `span` ms, five or so. */
export function ticksOf(span: number): number[] {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, at) => at * step);
}
