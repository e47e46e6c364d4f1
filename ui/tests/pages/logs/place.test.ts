import { expect, it } from "vitest";
import { NEAR, follows } from "@/pages/logs/place";

it("leaves the end for who goes up", () => expect(follows(true, 1000, 900, 100)).toBe(false));
it("stays with who has left it, wherever they go but to the end", () => {
  expect(follows(false, 900, 800, 200)).toBe(false);
  expect(follows(false, 900, 950, NEAR)).toBe(false);
});
it("takes up the end again near it", () => expect(follows(false, 900, 990, NEAR - 1)).toBe(true));
it("follows on when lines came before the browser told of our own step to the end", () => {
  expect(follows(true, 1000, 1000, 5000)).toBe(true);
  expect(follows(true, 1000, 1500, 5000)).toBe(true);
});
it("follows on when there is less to show than before", () => expect(follows(true, 1000, 400, 0)).toBe(true));
