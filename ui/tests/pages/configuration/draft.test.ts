import { expect, it } from "vitest";
import { draftOf, fromField, isCrLf, keepDraft, toField, type Shelf } from "@/pages/configuration/draft";

function shelf(): Shelf & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

it("keeps a draft for each file, until there is none", () => {
  const there = shelf();
  expect(draftOf(there, "a")).toBeNull();
  expect(keepDraft(there, "a", { text: "x", hash: "1" })).toBe(true);
  expect(draftOf(there, "a")).toEqual({ text: "x", hash: "1" });
  expect(draftOf(there, "b")).toBeNull();
  keepDraft(there, "a", null);
  expect(there.kept.size).toBe(0);
});

it("takes nothing else for one", () => {
  const there = shelf();
  for (const value of ["{", "3", "null", '{"text": 1, "hash": ""}', '{"text": "x"}']) {
    there.kept.set("llamaswap.v1.draft.a", value);
    expect(draftOf(there, "a")).toBeNull();
  }
});

it("says when there is no room", () => {
  const full = { ...shelf(), setItem: () => { throw new Error("full"); } };
  expect(keepDraft(full, "a", { text: "x", hash: "1" })).toBe(false);
});

it("puts the ends of lines back", () => {
  const file = "a\r\nb\r\n";
  expect(isCrLf(file)).toBe(true);
  expect(toField(file)).toBe("a\nb\n");
  expect(fromField(toField(file), true)).toBe(file);
  expect(fromField("a\nb", false)).toBe("a\nb");
  expect(isCrLf("a\nb")).toBe(false);
});
