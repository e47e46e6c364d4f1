import { describe, expect, it } from "vitest";
import { closest, cosine, embeddedOf, norm } from "../../../src/pages/playground/embeddings/rules";

describe("embeddings", () => {
  it("come in the order of the texts, all of them or none", () => {
    const answer = { data: [{ index: 1, embedding: [0, 1] }, { index: 0, embedding: [[3, 4]] }], usage: { total_tokens: 5 } };
    expect(embeddedOf(answer, 2)).toEqual({ vectors: [[3, 4], [0, 1]], tokens: 5 });
    expect(embeddedOf(answer, 3)).toBeNull();
    expect(embeddedOf({ data: [{ embedding: "base64" }] }, 1)).toBeNull();
    expect(embeddedOf(null, 1)).toBeNull();
  });

  it("have norms and angles", () => {
    expect(norm([3, 4])).toBe(5);
    expect(cosine([1, 0], [2, 0])).toBe(1);
    expect(cosine([1, 0], [0, 1])).toBe(0);
    expect(cosine([1, 0], [-1, 0])).toBe(-1);
    expect(cosine([0, 0], [1, 0])).toBe(0);
    expect(cosine([1], [1, 0])).toBe(0);
  });

  it("show which two are closest", () => {
    expect(closest([[1, 0], [0, 1], [1, 0.1]])).toMatchObject({ one: 0, other: 2 });
    expect(closest([[1, 0]])).toBeNull();
  });
});
