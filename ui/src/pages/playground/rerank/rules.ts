/** Documents, their scores, and the order in which they are shown. */

import { isRecord } from "../../../lib/json";

export type Sort = "none" | "descending" | "ascending";

export interface Doc {
  /** Stays the same while the text is edited. */
  id: number;
  text: string;
}

export interface Ranking {
  /** Scores by the ID of the document. */
  scores: ReadonlyMap<number, number>;
  tokens: number | null;
}

/** What clicking on the heading of the scores leads to. */
export function nextSort(sort: Sort): Sort {
  return ({ none: "descending", descending: "ascending", ascending: "none" } as const)[sort];
}

/** The documents in the order of `sort`; those without a score stay behind, in the order in which they were written. */
export function inOrder(documents: readonly Doc[], scores: ReadonlyMap<number, number>, sort: Sort): Doc[] {
  if (sort === "none") return [...documents];
  const sign = sort === "descending" ? -1 : 1;
  const worst = sort === "descending" ? -Infinity : Infinity;
  const of = ({ id }: Doc): number => scores.get(id) ?? worst;
  return documents
    .map((document, at) => ({ document, at }))
    .sort((one, other) => (of(one.document) === of(other.document) ? one.at - other.at : sign * (of(one.document) - of(other.document))))
    .map(({ document }) => document);
}

/** The documents that are asked about: those with a text. */
export function asked(documents: readonly Doc[]): Doc[] {
  return documents.filter(({ text }) => text.trim() !== "");
}

/** Scores of an answer about `documents`, which were asked about in that order; null for an answer without any. */
export function rankingOf(answer: unknown, documents: readonly Doc[]): Ranking | null {
  if (!isRecord(answer)) return null;
  const results: unknown = answer.results ?? answer.data;
  if (!Array.isArray(results)) return null;
  const scores = new Map<number, number>();
  for (const result of results) {
    if (!isRecord(result) || typeof result.index !== "number") continue;
    const score = result.relevance_score ?? result.score;
    const document = documents[result.index];
    if (document && typeof score === "number") scores.set(document.id, score);
  }
  const total = isRecord(answer.usage) ? answer.usage.total_tokens : null;
  return scores.size > 0 ? { scores, tokens: typeof total === "number" ? total : null } : null;
}

/** The scores of those documents of `asked` that are `now` as they were when it was asked. */
export function stillTrue(ranking: Ranking, asked: readonly Doc[], now: readonly Doc[]): Ranking {
  const texts = new Map(now.map(({ id, text }) => [id, text]));
  const same = new Set(asked.filter(({ id, text }) => texts.get(id) === text).map(({ id }) => id));
  return { ...ranking, scores: new Map([...ranking.scores].filter(([id]) => same.has(id))) };
}

/** What is wrong with a text as JSON; `detail` is a key, a number of a document counted from 1, or what the parser says. */
export type Mistake = { is: "json" | "object" | "query" | "documents" | "document" | "key"; detail: string };

/** The query and the documents in JSON text, or what is wrong with it. */
export function readJson(text: string): { query: string; documents: string[] } | Mistake {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { is: "json", detail: error instanceof Error ? error.message : "" };
  }
  if (!isRecord(value)) return { is: "object", detail: "" };
  const stranger = Object.keys(value).find((key) => key !== "query" && key !== "documents");
  if (stranger !== undefined) return { is: "key", detail: stranger };
  const { query, documents } = value;
  if (typeof query !== "string") return { is: "query", detail: "" };
  if (!Array.isArray(documents)) return { is: "documents", detail: "" };
  const odd = documents.findIndex((document) => typeof document !== "string");
  if (odd >= 0) return { is: "document", detail: String(odd + 1) };
  return { query, documents: documents.filter((document) => typeof document === "string") };
}

export function writeJson(query: string, documents: readonly Doc[]): string {
  return JSON.stringify({ query, documents: asked(documents).map(({ text }) => text) }, null, 2);
}
