import { expect, it } from "vitest";
import { placed } from "@/parts/placement";

const window = { width: 400, height: 600 };
const opener = { left: 300, top: 100, right: 350, bottom: 130 };

it("is below, with the same right edge", () => expect(placed(opener, { width: 200, height: 300 }, window)).toEqual({ left: 150, top: 134, maxHeight: 458 }));
it("stays inside on both sides", () => {
  expect(placed({ ...opener, right: 60 }, { width: 200, height: 9 }, window).left).toBe(8);
  expect(placed({ ...opener, right: 500 }, { width: 200, height: 9 }, window).left).toBe(192);
});
it("is above where there is more room", () => expect(placed({ ...opener, top: 500, bottom: 530 }, { width: 200, height: 300 }, window)).toEqual({ left: 150, top: 196, maxHeight: 488 }));
it("is scrolled where neither has enough", () => expect(placed({ ...opener, top: 400, bottom: 430 }, { width: 200, height: 900 }, window)).toEqual({ left: 150, top: 8, maxHeight: 388 }));
