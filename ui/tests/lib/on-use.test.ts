import { expect, it } from "vitest";
import { OnUse } from "@/lib/on-use";

it("fetches once, and is at hand then", async () => {
  let fetched = 0;
  const code = new OnUse(() => Promise.resolve((fetched += 1)));
  const used: number[] = [];
  code.with((each) => used.push(each));
  code.with((each) => used.push(each))();
  expect(used).toEqual([]);
  await code.fetch();
  expect(used).toEqual([1]);
  code.with((each) => used.push(each));
  expect(used).toEqual([1, 1]);
});

it("asks again when it could not be had", async () => {
  let fetched = 0;
  const code = new OnUse(() => ((fetched += 1) === 1 ? Promise.reject(new Error("away")) : Promise.resolve("code")));
  expect(await code.fetch()).toBeNull();
  expect(await code.fetch()).toBe("code");
});
