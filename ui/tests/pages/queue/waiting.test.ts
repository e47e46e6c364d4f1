import { expect, it } from "vitest";
import { lines } from "../../../src/pages/queue/waiting";
import type { Queued } from "../../../src/server/types";

const waits = (model: string, position: number): Queued => ({ request: String(position), model, position, since: 1, expected: null, why: "turn", behind: [] });

it("those for one model stand together, in their turn", () => {
  const found = lines([waits("b", 3), waits("a", 2), waits("a", 1)]);
  expect(found.map(({ model, requests }) => [model, requests.map(({ position }) => position)])).toEqual([["a", [1, 2]], ["b", [3]]]);
  expect(lines([])).toEqual([]);
});
