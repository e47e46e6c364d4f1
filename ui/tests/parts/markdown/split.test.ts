import { expect, it } from "vitest";
import { NOTHING, split, wholeOf } from "@/parts/markdown/split";

const kinds = (text: string): string[] => wholeOf(text).map(({ kind, source }) => `${kind}:${source}`);

it("keeps all pending without a blank line", () => {
  const { blocks, tail } = split("one\ntwo");
  expect(blocks).toEqual([]);
  expect(tail).toMatchObject({ kind: "prose", source: "one\ntwo", open: true });
});

it("finishes a paragraph at a blank line", () => {
  const { blocks, tail } = split("one\n\ntwo");
  expect(blocks).toMatchObject([{ at: 0, kind: "prose", source: "one" }]);
  expect(tail).toMatchObject({ at: 5, source: "two" });
});

it("closes a fence", () => {
  expect(split("```js\nlet a\n```\n").blocks).toMatchObject([{ kind: "code", language: "js", source: "let a", open: false }]);
  expect(split("```js\nlet a\n```").tail).toMatchObject({ kind: "code", source: "let a", open: false });
});

it("leaves an unclosed fence pending, whatever it holds", () => {
  const { blocks, tail } = split("```\na\n\n\nb\n");
  expect(blocks).toEqual([]);
  expect(tail).toMatchObject({ kind: "code", source: "a\n\n\nb\n", open: true });
});

it("closes no backtick fence by tildes, and no long fence by a short one", () => {
  expect(split("```\na\n~~~\n").tail?.open).toBe(true);
  expect(split("````\na\n```\n").tail?.open).toBe(true);
  expect(split("~~~\na\n~~~~\n").blocks).toMatchObject([{ source: "a" }]);
});

it("knows an empty fence", () => expect(kinds("```\n```\n")).toEqual(["code:"]));

it("ends a paragraph at a fence", () => expect(kinds("text\n```\ncode\n```\nmore")).toEqual(["prose:text", "code:code", "prose:more"]));

it("closes a displayed formula in both notations", () => {
  expect(split("$$\na\n\nb\n$$\n").blocks).toMatchObject([{ kind: "formula", source: "\na\n\nb\n", open: false }]);
  expect(split("\\[ x \\]\n").blocks).toMatchObject([{ kind: "formula", source: " x " }]);
  expect(split("$$ x").tail).toMatchObject({ kind: "formula", open: true });
});

it("takes what goes on behind a formula for prose", () => expect(kinds("$$a$$ is a letter.")).toEqual(["prose:$$a$$ is a letter."]));
it("gives a formula up that does not end", () => {
  expect(split(`$$${"x".repeat(5000)}`).tail?.kind).toBe("prose");
  expect(kinds(`$$${"x".repeat(4000)}$$`)).toEqual([`formula:${"x".repeat(4000)}`]);
  expect(kinds(`$$${"x".repeat(4001)}$$`)).toEqual([`prose:$$${"x".repeat(4001)}$$`]);
});
it("looks for the end of a formula no further than one may be long", () => expect(wholeOf("\\[a\n".repeat(50_000))).toHaveLength(49_001));

it("keeps lists together over blank lines", () => {
  expect(kinds("- a\n\n- b\n\n  more\n\nafter")).toEqual(["prose:- a\n\n- b\n\n  more", "prose:after"]);
  expect(split("- a\n\n").tail).toMatchObject({ open: true });
});

it("does not split a list inside a fence of an item", () => expect(kinds("1. a\n\n   ```py\n   x\n\n   y\n   ```\n\n2. b\n\nend").length).toBe(2));

it("keeps the identity of finished blocks while the text grows", () => {
  const text = "# A\n\nfirst\n\n```py\nx = 1\n```\n\n- a\n- b\n\nlast words";
  let state = NOTHING;
  for (let end = 1; end <= text.length; end += 1) {
    const next = split(text.slice(0, end), state);
    state.blocks.forEach((block, index) => expect(next.blocks[index]).toBe(block));
    state = { blocks: next.blocks, at: next.at };
  }
  expect(wholeOf(text, state)).toEqual(wholeOf(text));
});

it("takes hostile text in little time", () => {
  for (const text of ["\n".repeat(200_000), "```\n".repeat(50_000), "- a\n\n".repeat(50_000), "$$\n".repeat(50_000), " ".repeat(200_000), ">".repeat(100_000)]) {
    const before = performance.now();
    wholeOf(text);
    expect(performance.now() - before).toBeLessThan(1500);
  }
});
