import { expect, it } from "vitest";
import { ownOf } from "@/lib/own";

it.each(["constructor", "toString", "__proto__"])("finds no %s that was not put there", (key) => {
  expect(ownOf({ a: 1 }, key)).toBeUndefined();
  expect(ownOf(Object.fromEntries([[key, 1]]), key)).toBe(1);
});
