import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { draftOf, dropDraft } from "@/pages/playground/chat/drafts";

/** A storage of a tab, as far as drafts use it. */
let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.useFakeTimers();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => kept.set(name, text),
    removeItem: (name: string) => kept.delete(name),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("keeps what is typed, for its conversation", () => {
  draftOf("a").text.value = "Dear";
  vi.runAllTimers();
  expect([...kept.values()]).toEqual(["Dear"]);
  expect(draftOf("a").text.value).toBe("Dear");
  expect(draftOf("b").text.value).toBe("");
});

it("forgets it with the conversation, even what was just typed", () => {
  const draft = draftOf("c");
  draft.text.value = "Dear";
  dropDraft("c");
  vi.runAllTimers();
  expect(kept.size).toBe(0);
  expect(draftOf("c").text.value).toBe("");
  draft.text.value = "late";
  vi.runAllTimers();
  expect([...kept.values()]).toEqual([]);
});
