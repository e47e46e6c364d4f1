import { expect, it } from "vitest";
import { separate } from "@/pages/playground/chat/think";

it("takes what is between the tags at the beginning", () =>
  expect(separate("<think>\nHm.\n</think>\n\nSo.")).toEqual({ reasoning: "Hm.", text: "So.", thinking: false }));
it("knows the longer tag", () => expect(separate(" <thinking>Hm</thinking>So").text).toBe("So"));
it("knows that the end has not come", () => expect(separate("<think>Hm</thi")).toEqual({ reasoning: "Hm", text: "", thinking: true }));
it("shows nothing of a tag that comes in pieces", () => {
  for (let end = 1; end <= "<think>".length; end += 1) expect(separate("<think>".slice(0, end)).text).toBe("");
  expect(separate("<thing> is a tag").text).toBe("<thing> is a tag");
  expect(separate("< 5").text).toBe("< 5");
});
it("takes an end without a beginning, in a line of its own", () => expect(separate("Hm.\n</think>\n\nSo.")).toEqual({ reasoning: "Hm.", text: "So.", thinking: false }));
it("leaves tags in the middle, and in code, alone", () => {
  expect(separate("The tag <think>x</think> is common.").reasoning).toBe("");
  expect(separate("```\n<think>\n</think>\n```").reasoning).toBe("");
});
