/** What the tab of reranking holds: the query, the documents and their scores. It goes on when one looks elsewhere. */

import { effect, signal } from "@preact/signals";
import { stored } from "../../../lib/stored";
import { ask } from "../../../server/api";
import { Job } from "../job";
import { remembered } from "../remembered";
import { SESSION } from "../session-id";
import { asked, rankingOf, readJson, stillTrue, writeJson, type Doc, type Mistake, type Ranking, type Sort } from "./rules";
import { t } from "./words";

type View = "table" | "json";
const isView = (value: unknown): value is View => value === "table" || value === "json";

export const { view } = stored<{ view: View }>("playground.rerank", { view: "table" }, { view: isView }, { follow: false });

let next = 1;
const made = (text: string): Doc => ({ id: next++, text });

export const job = new Job();
export const query = signal("");
/** The last one is always empty, for another document. */
export const documents = signal<readonly Doc[]>([]);
export const ranking = signal<Ranking | null>(null);
/** The documents that the question under way is about. */
export const pending = signal<ReadonlySet<number>>(new Set());
export const sort = signal<Sort>("none");
/** The text of the editor, while that is shown. */
export const json = signal("");
export const mistake = signal<Mistake | null>(null);
showExamples();
effect(() => {
  if (view.value === "json") json.value = writeJson(query.peek(), documents.peek());
});

export function showExamples(): void {
  query.value = t.exampleQuery;
  replace(t.exampleDocuments.split("\n"));
}

/** Change a document; writing in the last one brings another. */
export function edit(id: number, text: string): void {
  documents.value = padded(documents.peek().map((each) => (each.id === id ? { id, text } : each)));
  forgetScore(id);
}

export function remove(id: number): void {
  documents.value = padded(documents.peek().filter((each) => each.id !== id));
  forgetScore(id);
}

/** Show the other form of the same; a text that is no JSON stays until it is mended. */
export function show(wanted: View): void {
  if (wanted === "table" && !takeJson()) return;
  mistake.value = null;
  view.value = wanted;
}

/** Ask for the scores. Never rejects: see `job.failure`, and `mistake` for a text that is no JSON. */
export async function rank(): Promise<void> {
  if (view.peek() === "json" && !takeJson()) return;
  const model = remembered.rerank.peek();
  const about = asked(documents.peek());
  if (model === "" || query.peek().trim() === "" || about.length === 0) return;
  await job.run(async (abort) => {
    pending.value = new Set(about.map(({ id }) => id));
    const body = { model, query: query.peek(), documents: about.map(({ text }) => text) };
    try {
      const found = rankingOf(await ask<unknown>("POST", "v1/rerank", { body, headers: SESSION, signal: abort }), about);
      if (found === null) throw new Error(t.noResults);
      ranking.value = stillTrue(found, about, documents.peek());
      if (sort.peek() === "none") sort.value = "descending";
    } finally {
      pending.value = new Set();
    }
  });
}

/** Whether the editor's text could be taken; otherwise `mistake` says what is wrong. */
export function takeJson(): boolean {
  const read = readJson(json.peek());
  mistake.value = "is" in read ? read : null;
  if ("is" in read) return false;
  if (writeJson(query.peek(), documents.peek()) === writeJson(read.query, read.documents.map((text) => ({ id: 0, text })))) return true;
  query.value = read.query;
  replace(read.documents);
  return true;
}

function replace(texts: readonly string[]): void {
  documents.value = padded(texts.map(made));
  ranking.value = null;
  sort.value = "none";
}

function padded(all: readonly Doc[]): Doc[] {
  return all.at(-1)?.text === "" ? [...all] : [...all, made("")];
}

function forgetScore(id: number): void {
  const known = ranking.peek();
  if (!known?.scores.has(id)) return;
  const scores = new Map(known.scores);
  scores.delete(id);
  ranking.value = { ...known, scores };
}
