import { expect, it } from "vitest";
import { byLine, faultsIn, numbers, offsetOf } from "@/pages/configuration/problems";

const problem = (message: string, line: number, more: { file?: string; path?: string; column?: number } = {}) => ({ message, line, file: "c.yaml", path: "", column: 1, ...more });

it("sorts by line, and names the file of what is elsewhere", () => {
  const faults = faultsIn("c.yaml", [
    problem("two", 9),
    problem("one", 3, { path: "models.m.ttl" }),
    problem("far", 5, { file: "d.yaml" }),
    problem("nowhere", 0, { file: "" }),
    "odd",
  ]);
  expect(faults.map(({ line, message }) => [line, message])).toEqual([
    [0, "d.yaml:5: far"],
    [0, "nowhere"],
    [0, "odd"],
    [3, "models.m.ttl: one"],
    [9, "two"],
  ]);
});

it("does not say the path twice", () => {
  expect(faultsIn("c.yaml", [problem("ui must be a mapping", 1, { path: "ui" })])[0]?.message).toBe("ui must be a mapping");
});

it("puts what is wrong with one line together", () => {
  const lines = byLine(faultsIn("c.yaml", [problem("a", 2), problem("b", 2, { column: 5 }), problem("c", 0)]));
  expect([...lines]).toEqual([[2, "a\nb"]]);
});

it("finds a place in a text", () => {
  expect(offsetOf("ab\ncd\nef", 1, 1)).toBe(0);
  expect(offsetOf("ab\ncd\nef", 2, 2)).toBe(4);
  expect(offsetOf("ab\ncd", 2, 99)).toBe(5);
  expect(offsetOf("ab\ncd", 9, 1)).toBe(5);
  expect(offsetOf("😀x", 1, 2)).toBe(2);
});

it("numbers every line, the last one as well when it is empty", () => {
  expect(numbers("a\nb\n")).toBe("1\n2\n3");
  expect(numbers("")).toBe("1");
});
