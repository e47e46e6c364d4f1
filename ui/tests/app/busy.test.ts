import { expect, it } from "vitest";
import { begin, isBusy } from "../../src/app/busy";

it("is busy until everything of a page is over, each ended once", () => {
  const one = begin("somewhere");
  const other = begin("somewhere");
  one();
  one();
  expect(isBusy("somewhere")).toBe(true);
  expect(isBusy("elsewhere")).toBe(false);
  other();
  expect(isBusy("somewhere")).toBe(false);
});
