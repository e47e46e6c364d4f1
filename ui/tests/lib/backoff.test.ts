import { expect, it } from "vitest";
import { FIRST, MOST, wait } from "@/lib/backoff";

it("grows from half a second to a second, to half a minute at most", () => {
  expect(wait(1, 0)).toBe(FIRST / 2);
  expect(wait(1, 1)).toBe(FIRST);
  expect(wait(4, 0)).toBe(4000);
  for (const failures of [6, 10, 1000]) expect(wait(failures, 1)).toBe(MOST);
});
