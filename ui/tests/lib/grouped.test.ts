import { expect, it } from "vitest";
import { grouped } from "../../src/lib/grouped";

it("keeps the order of keys and items", () => {
  expect(grouped(["b1", "a1", "b2"], (item) => item[0] ?? "")).toEqual([["b", ["b1", "b2"]], ["a", ["a1"]]]);
});
