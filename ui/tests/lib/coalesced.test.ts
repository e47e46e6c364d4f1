import { describe, expect, it } from "vitest";
import { coalesced } from "../../src/lib/coalesced";

function work() {
  const begun: { done: (value: number) => void; fail: (why: Error) => void }[] = [];
  const ask = coalesced(() => new Promise<number>((done, fail) => begun.push({ done, fail })));
  return { begun, ask };
}

describe("overlapping refreshes", () => {
  it("are one that is under way, and one more for all who ask meanwhile", async () => {
    const { begun, ask } = work();
    const first = ask();
    const second = ask();
    expect(ask()).toBe(second);
    expect(begun.length).toBe(1);
    begun[0]?.done(1);
    expect(await first).toBe(1);
    await Promise.resolve();
    expect(begun.length).toBe(2);
    begun[1]?.done(2);
    expect(await second).toBe(2);
  });

  it("begin anew when nothing is under way", async () => {
    const { begun, ask } = work();
    const first = ask();
    begun[0]?.done(1);
    await first;
    void ask();
    expect(begun.length).toBe(2);
  });

  it("go on after a failure", async () => {
    const { begun, ask } = work();
    const first = ask();
    const second = ask();
    begun[0]?.fail(new Error("no"));
    await expect(first).rejects.toThrow("no");
    await Promise.resolve();
    begun[1]?.done(2);
    expect(await second).toBe(2);
  });

  it("are never two at a time, however they overlap", async () => {
    const { begun, ask } = work();
    const first = ask();
    const second = ask();
    begun[0]?.done(1);
    await first;
    const third = ask();
    await Promise.resolve();
    await Promise.resolve();
    expect(begun.length).toBe(2);
    begun[1]?.done(2);
    expect(await second).toBe(2);
    begun[2]?.done(3);
    void third;
  });
});
