/** Figures of a test: how fast, how soon, how many failed. */

import type { Asked } from "./run";

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

export interface Summary {
  /** Empty for all of them. */
  model: string;
  requests: number;
  errors: number;
  tokens: number;
  /** Tokens a second of the average answer, from its first token on; null when none can be told. */
  each: number | null;
  /** Tokens a second of all answers together. */
  together: number | null;
  /** Milliseconds. */
  ttft: Percentiles | null;
  total: Percentiles | null;
}

/** A line for all, and one for each model where there are several. */
export function summaries(requests: readonly Asked[]): Summary[] {
  const models = [...new Set(requests.map(({ model }) => model))];
  const each = models.length > 1 ? models.map((model) => summary(requests.filter((asked) => asked.model === model), model)) : [];
  return [summary(requests, models.length === 1 ? (models[0] ?? "") : ""), ...each];
}

export function summary(requests: readonly Asked[], model = ""): Summary {
  const answered = requests.filter(({ first }) => first !== null);
  const tokens = sum(answered.map((asked) => asked.tokens));
  const speeds = answered.map(speedOf).filter((speed) => speed !== null);
  const begin = Math.min(...answered.map((asked) => asked.begin));
  const end = Math.max(...answered.map((asked) => asked.last));
  return {
    model,
    requests: requests.length,
    errors: requests.filter(({ state }) => state === "error").length,
    tokens,
    each: speeds.length > 0 ? sum(speeds) / speeds.length : null,
    together: end > begin ? (tokens / (end - begin)) * 1000 : null,
    ttft: percentiles(answered.map(({ first, begin: began }) => (first ?? 0) - began)),
    total: percentiles(requests.filter(({ state }) => state === "done").map(({ begin: began, end: ended }) => (ended ?? 0) - began)),
  };
}

/** Tokens a second of one answer: as the engine measured it, or from its first token to its last; null for an answer of one piece. */
export function speedOf({ first, last, tokens, speed }: Asked): number | null {
  if (speed !== null) return speed;
  return first !== null && last > first && tokens > 1 ? ((tokens - 1) / (last - first)) * 1000 : null;
}

/** By interpolation between the nearest values; null of nothing. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
