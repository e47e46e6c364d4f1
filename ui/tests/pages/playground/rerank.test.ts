import { describe, expect, it } from "vitest";
import { asked, inOrder, nextSort, rankingOf, readJson, stillTrue, writeJson } from "../../../src/pages/playground/rerank/rules";

const DOCS = [
  { id: 1, text: "one" },
  { id: 2, text: "" },
  { id: 3, text: "three" },
  { id: 4, text: "four" },
];

describe("reranking", () => {
  it("gives each score to its document, whatever the order of the answer", () => {
    const about = asked(DOCS);
    const ranking = rankingOf({ results: [{ index: 2, relevance_score: 0.9 }, { index: 0, relevance_score: -1 }, { index: 9, relevance_score: 1 }], usage: { total_tokens: 12 } }, about);
    expect([...(ranking?.scores ?? [])]).toEqual([[4, 0.9], [1, -1]]);
    expect(ranking?.tokens).toBe(12);
    expect(rankingOf({ data: [{ index: 0, score: 0.5 }] }, about)?.scores.get(1)).toBe(0.5);
    expect(rankingOf({ results: [] }, about)).toBeNull();
    expect(rankingOf({ error: "x" }, about)).toBeNull();
  });
  it("keeps the scores of documents that are as they were when it was asked", () => {
    const about = ["one", "two", "three"].map((text, index) => ({ id: index + 1, text }));
    const ranking = { scores: new Map([[1, 0.1], [2, 0.2], [3, 0.3]]), tokens: 5 };
    const now = [{ id: 1, text: "one" }, { id: 2, text: "another" }, { id: 4, text: "three" }];
    expect(stillTrue(ranking, about, now)).toEqual({ scores: new Map([[1, 0.1]]), tokens: 5 });
  });

  it("sorts both ways and back, with what has no score behind", () => {
    const scores = new Map([[1, 0.1], [3, 0.9]]);
    const ids = (sort: "none" | "descending" | "ascending") => inOrder(DOCS, scores, sort).map(({ id }) => id);
    expect(ids("descending")).toEqual([3, 1, 2, 4]);
    expect(ids("ascending")).toEqual([1, 3, 2, 4]);
    expect(ids("none")).toEqual([1, 2, 3, 4]);
    expect([nextSort("none"), nextSort("descending"), nextSort("ascending")]).toEqual(["descending", "ascending", "none"]);
  });

  it("reads and writes JSON, and says what is wrong with it", () => {
    expect(readJson(writeJson("q", DOCS))).toEqual({ query: "q", documents: ["one", "three", "four"] });
    const mistakes: [string, string, string][] = [
      ["[]", "object", ""],
      ['{"query": 1, "documents": []}', "query", ""],
      ['{"query": "q"}', "documents", ""],
      ['{"query": "q", "documents": ["a", 2]}', "document", "2"],
      ['{"query": "q", "documents": [], "model": "m"}', "key", "model"],
    ];
    for (const [text, is, detail] of mistakes) expect(readJson(text)).toEqual({ is, detail });
    expect(readJson("{")).toMatchObject({ is: "json" });
  });
});
