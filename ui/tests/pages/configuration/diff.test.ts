import { expect, it } from "vitest";
import { counts, diff, hunks } from "@/pages/configuration/diff";

const told = (before: string, after: string): string[] => diff(before, after).map(({ kind, text }) => `${{ same: " ", gone: "-", new: "+" }[kind]}${text}`);

it("keeps what is the same", () => {
  expect(told("a\nb\nc", "a\nb\nc")).toEqual([" a", " b", " c"]);
});

it("shows what was put in, taken out and changed", () => {
  expect(told("a\nb\nc", "a\nx\nb\nc")).toEqual([" a", "+x", " b", " c"]);
  expect(told("a\nb\nc", "a\nc")).toEqual([" a", "-b", " c"]);
  expect(told("a\nb\nc\nd", "a\nB\nc\nD")).toEqual([" a", "-b", "+B", " c", "-d", "+D"]);
  expect(told("a", "")).toEqual(["-a", "+"]);
});

it("numbers lines in both texts", () => {
  expect(diff("a\nb\nc", "a\nx\nc").map(({ old, now }) => [old, now])).toEqual([
    [1, 1],
    [2, 0],
    [0, 2],
    [3, 3],
  ]);
});

it("is quick with long texts that have little in common", () => {
  const long = (letter: string): string => Array.from({ length: 9000 }, (_, index) => `${letter}${index}`).join("\n");
  expect(counts(diff(long("a"), long("b")))).toEqual({ added: 9000, removed: 9000 });
  expect(counts(diff(long("a"), `${long("a")}\nend`))).toEqual({ added: 1, removed: 0 });
});

it("shows a few lines around what differs, and joins what is near", () => {
  const text = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
  const other = [...text];
  other[10] = "one";
  other[14] = "two";
  other[30] = "three";
  const parts = hunks(diff(text.join("\n"), other.join("\n")));
  expect(parts.map((lines) => [lines[0]?.text, lines.at(-1)?.text])).toEqual([
    ["line 8", "line 18"],
    ["line 28", "line 34"],
  ]);
  expect(hunks(diff("a", "a"))).toEqual([]);
});
