/** What vectors have to do with each other. */

import { isRecord } from "../../../lib/json";

export interface Embedded {
  vectors: readonly (readonly number[])[];
  tokens: number | null;
}

/** The vectors of an answer about `count` texts, in the order of these; null when one is missing or is no list of numbers. */
export function embeddedOf(answer: unknown, count: number): Embedded | null {
  if (!isRecord(answer) || !Array.isArray(answer.data)) return null;
  const vectors: (readonly number[] | undefined)[] = Array.from({ length: count });
  answer.data.filter(isRecord).forEach((each, at) => {
    const index = typeof each.index === "number" ? each.index : at;
    const vector = vectorOf(each.embedding);
    if (vector && index >= 0 && index < count) vectors[index] = vector;
  });
  const all = vectors.filter((vector) => vector !== undefined);
  if (all.length < count || count === 0) return null;
  const total = isRecord(answer.usage) ? answer.usage.total_tokens : null;
  return { vectors: all, tokens: typeof total === "number" ? total : null };
}

/** How long a vector is. */
export function norm(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

/** The cosine of the angle between two vectors; 0 where one has no direction, or they are of different spaces. */
export function cosine(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return 0;
  const lengths = norm(one) * norm(other);
  if (lengths === 0) return 0;
  const product = one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  return Math.max(-1, Math.min(1, product / lengths));
}

/** The two that are closest, by their positions; null with fewer than two. */
export function closest(vectors: readonly (readonly number[])[]): { one: number; other: number; value: number } | null {
  let best: { one: number; other: number; value: number } | null = null;
  vectors.forEach((vector, one) => {
    vectors.slice(one + 1).forEach((against, after) => {
      const value = cosine(vector, against);
      if (best === null || value > best.value) best = { one, other: one + 1 + after, value };
    });
  });
  return best;
}

function vectorOf(value: unknown): number[] | null {
  const flat: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value;
  if (!Array.isArray(flat) || flat.length === 0) return null;
  const numbers = flat.filter((each) => typeof each === "number");
  return numbers.length === flat.length ? numbers : null;
}
