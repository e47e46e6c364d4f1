import { describe, expect, it } from "vitest";
import { arranged, isChoice, isOrder, moved, visible, type Column } from "@/pages/activity/layout";

const columns: Column[] = ["a", "b", "c", "d"].map((id) => ({ id, header: id, on: id !== "d" }));
const ids = (list: readonly Column[]): string => list.map(({ id }) => id).join("");

describe("arranged", () => {
  it("drops what is gone, and puts what is new last", () => expect(ids(arranged(columns, ["c", "x", "a", "c"]))).toBe("cabd"));
  it("is as it was without a choice", () => expect(ids(arranged(columns, []))).toBe("abcd"));
});

it("shows what was chosen, else the default", () => {
  expect(ids(visible(columns, { order: ["d"], shown: { d: true, b: false, x: true } }))).toBe("dac");
  expect(ids(visible(columns, { order: [], shown: {} }))).toBe("abc");
});

describe("moved", () => {
  it.each([
    ["a", 1, "bacd"],
    ["d", 0, "dabc"],
    ["a", 99, "bcda"],
    ["b", -5, "bacd"],
    ["x", 1, "abcd"],
  ])("%s to %d", (id, to, order) => expect(moved(columns, [], id, to).join("")).toBe(order));
});

it("does not believe what was kept", () => {
  expect([isChoice({ a: true }), isChoice({ a: 1 }), isChoice([]), isChoice(null)]).toEqual([true, false, false, false]);
  expect([isOrder(["a"]), isOrder([1]), isOrder({})]).toEqual([true, false, false]);
});
