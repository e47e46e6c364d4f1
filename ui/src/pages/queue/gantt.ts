/** The timeline of swaps, from what has happened and what happens now. Pure; times are seconds since the epoch. */

import { grouped } from "../../lib/grouped";
import type { LiveModel, RunningSwap, Stage, StateEntry, SwapEntry, TimelineEntry } from "../../server/types";

export type Kind = "drain" | "stop" | "settle" | "start" | "prepare" | "ready" | "stopping";
export const KINDS: readonly Kind[] = ["drain", "stop", "settle", "start", "prepare", "ready", "stopping"];

/** A stretch of a model's life. */
export interface Span {
  model: string;
  kind: Kind;
  from: number;
  to: number;
  /** It goes on. */
  open: boolean;
  /** How it began: the entry that says why; null where nothing is known. */
  begin: StateEntry | SwapEntry | null;
  /** How it ended; null while it goes on, and for stages of a load. */
  end: StateEntry | null;
}

export interface Now {
  at: number;
  models: readonly LiveModel[];
  swaps: readonly RunningSwap[];
}

const OF_STATES: Readonly<Record<string, Kind>> = { starting: "start", ready: "ready", stopping: "stopping" };
const OF_STAGES: Readonly<Record<Stage, Kind>> = { drain: "drain", stop: "stop", settle: "settle", start: "start", ready: "prepare" };
/** Shorter stages are not drawn, in seconds. */
const SHORTEST = 0.02;

/** All stretches, those of a load by its stages. */
export function spans(entries: readonly TimelineEntry[], now: Now): Span[] {
  const swaps = entries.filter((entry) => entry.kind === "swap");
  const states = entries.filter((entry) => entry.kind === "state");
  const staged = swaps.flatMap(stagesOf);
  const lives = grouped(states, ({ model }) => model).flatMap(([model, own]) => livesOf(model, own, now.at));
  const covered = (span: Span): boolean => span.kind === "start" && staged.some((stage) => stage.kind === "start" && overlap(stage, span));
  return [...staged, ...lives.filter((span) => !covered(span)), ...underWay(now)].sort((one, other) => one.from - other.from);
}

/** The stages of a swap, one after the other up to its end. */
export function stagesOf(swap: SwapEntry): Span[] {
  const stages = Object.entries(swap.stages).filter((pair): pair is [Stage, number] => pair[0] in OF_STAGES);
  let from = swap.when - stages.reduce((sum, [, seconds]) => sum + seconds, 0);
  const found: Span[] = [];
  for (const [stage, seconds] of stages) {
    if (seconds >= SHORTEST) found.push({ model: swap.model, kind: OF_STAGES[stage], from, to: from + seconds, open: false, begin: swap, end: null });
    from += seconds;
  }
  return found;
}

function livesOf(model: string, entries: readonly StateEntry[], at: number): Span[] {
  const found: Span[] = [];
  let last: StateEntry | null = null;
  for (const entry of entries) {
    const kind = OF_STATES[entry.from];
    if (kind && last) found.push({ model, kind, from: last.when, to: entry.when, open: false, begin: last, end: entry });
    else if (kind) found.push({ model, kind, from: -Infinity, to: entry.when, open: false, begin: null, end: entry });
    last = entry;
  }
  const kind = last && OF_STATES[last.to];
  if (last && kind) found.push({ model, kind, from: last.when, to: Math.max(at, last.when), open: true, begin: last, end: null });
  return found;
}

/** What is not written down yet: who waits to begin, and what a load does before its model starts. */
function underWay({ at, models, swaps }: Now): Span[] {
  const open = (model: string, kind: Kind, from: number): Span => ({ model, kind, from, to: Math.max(at, from), open: true, begin: null, end: null });
  const waiting = models.flatMap(({ id, stage, stage_since }) => (stage === "drain" && stage_since !== null ? [open(id, "drain", stage_since)] : []));
  const begun = swaps.flatMap(({ model, stage, since }) => (stage === "stop" || stage === "settle" ? [open(model, OF_STAGES[stage], since)] : []));
  return [...waiting, ...begun];
}

function overlap(one: Span, other: Span): boolean {
  return one.model === other.model && one.from < other.to && other.from < one.to;
}

/** A request, drawn above what its model does. */
export interface Request {
  model: string;
  id: string;
  from: number;
  to: number;
  open: boolean;
  failed: boolean;
  /** It has no answer yet. */
  waiting: boolean;
}

export interface Placed<T> {
  item: T;
  /** Percent of the width. */
  left: number;
  width: number;
  row: number;
}

export interface Lane {
  model: string;
  spans: Placed<Span>[];
  requests: Placed<Request>[];
}

export interface Window {
  from: number;
  to: number;
}

const MOST_ROWS = 3;
/** Percent that the shortest bar is wide. */
const NARROWEST = 0.25;

/** A lane for each model of which anything can be seen, in the order in which they were met first. */
export function lanes(all: readonly Span[], requests: readonly Request[], window: Window): Lane[] {
  const seen = all.filter((span) => isIn(span, window));
  const asked = requests.filter((request) => isIn(request, window));
  const models = new Set([...seen, ...asked].sort((one, other) => one.from - other.from).map(({ model }) => model));
  return [...models].map((model) => ({
    model,
    spans: seen.filter((span) => span.model === model).map((span) => ({ item: span, ...placed(span, window), row: 0 })),
    requests: stacked(asked.filter((request) => request.model === model).map((request) => ({ item: request, ...placed(request, window), row: 0 }))),
  }));
}

function isIn({ from, to }: { from: number; to: number }, window: Window): boolean {
  return from < window.to && to > window.from;
}

/** Where something is drawn, in percent; what begins or ends outside is cut. */
export function placed({ from, to }: { from: number; to: number }, window: Window): { left: number; width: number } {
  const whole = window.to - window.from;
  const left = ((Math.max(from, window.from) - window.from) / whole) * 100;
  const right = ((Math.min(to, window.to) - window.from) / whole) * 100;
  return { left, width: Math.max(right - left, NARROWEST) };
}

/** Put what overlaps in rows of its own, as far as there are some. */
export function stacked<T>(items: readonly Placed<T>[]): Placed<T>[] {
  const ends: number[] = [];
  return [...items]
    .sort((one, other) => one.left - other.left)
    .map((each) => {
      const free = ends.findIndex((end) => end <= each.left);
      const row = free >= 0 ? free : Math.min(ends.length, MOST_ROWS - 1);
      ends[row] = Math.max(ends[row] ?? 0, each.left + each.width);
      return { ...each, row };
    });
}

/** Where one model took the place of another. */
export interface Change {
  at: number;
  from: string;
  to: string;
}

/** Each eviction of swaps that can be seen: when the evicted were gone. */
export function changes(entries: readonly TimelineEntry[], window: Window): Change[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== "swap") return [];
    const { settle = 0, start = 0, ready = 0 } = entry.stages;
    const at = entry.when - settle - start - ready;
    return at > window.from && at < window.to ? entry.evicted.map((from) => ({ at, from, to: entry.model })) : [];
  });
}

/** Seconds that are shown of a server that has not run for as long as one wants to see. */
const SHORTER = [60, 120, 300, 900];

/** How many seconds to show: those that are `wished` for, or fewer where nothing is older than `first`. */
export function fitting(wished: number, first: number | undefined, now: number): number {
  const age = first === undefined ? 0 : now - first;
  return Math.min(wished, SHORTER.find((each) => age < each * 0.95) ?? wished);
}

const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];

/** Round times of the axis, about `wanted` of them; `offset` is the seconds that local time is ahead of UTC. */
export function ticks({ from, to }: Window, wanted: number, offset = 0): number[] {
  const step = STEPS.find((each) => (to - from) / each <= wanted) ?? 3600;
  const found: number[] = [];
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) found.push(at);
  return found;
}
