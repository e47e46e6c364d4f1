import { beforeEach, describe, expect, it } from "vitest";
import { Loader, PAUSE, type LoaderWorld } from "@/pages/activity/loader";

class Hands implements LoaderWorld {
  time = 0;
  timers: { due: number; what: () => void }[] = [];
  asked: { resolve: (value: string) => void; reject: (error: Error) => void; signal: AbortSignal }[] = [];

  now = (): number => this.time;
  after = (ms: number, what: () => void): (() => void) => {
    const timer = { due: this.time + ms, what };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((each) => each !== timer));
  };
  pass(ms: number): void {
    this.time += ms;
    const due = this.timers.filter((timer) => timer.due <= this.time);
    this.timers = this.timers.filter((timer) => timer.due > this.time);
    for (const { what } of due) what();
  }
  work = (signal: AbortSignal): Promise<string> => new Promise((resolve, reject) => this.asked.push({ resolve, reject, signal }));
  async answer(index: number, value: string | Error): Promise<void> {
    if (value instanceof Error) this.asked[index]?.reject(value);
    else this.asked[index]?.resolve(value);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

let hands: Hands;
let loader: Loader<string>;
beforeEach(() => {
  hands = new Hands();
  loader = new Loader<string>(hands);
});

describe("Loader", () => {
  it("asks at once, and knows the answer", async () => {
    loader.aim(hands.work);
    expect(loader.state.value).toMatchObject({ value: null, pending: true });
    hands.time = 40;
    await hands.answer(0, "one");
    expect(loader.state.value).toEqual({ value: "one", at: 40, error: "", pending: false });
  });

  it("drops the answer for what was wanted before", async () => {
    loader.aim(hands.work);
    loader.aim(hands.work);
    expect(hands.asked[0]?.signal.aborted).toBe(true);
    await hands.answer(1, "new");
    await hands.answer(0, "old");
    expect(loader.state.value.value).toBe("new");
  });

  it("asks again at most once a second, however often it is told", async () => {
    loader.aim(hands.work);
    await hands.answer(0, "one");
    for (let n = 0; n < 20; n += 1) loader.refresh();
    expect(hands.asked).toHaveLength(1);
    hands.pass(PAUSE - 1);
    expect(hands.asked).toHaveLength(1);
    hands.pass(1);
    expect(hands.asked).toHaveLength(2);
    expect(loader.state.value.pending).toBe(false);
  });

  it("asks once more when it was told meanwhile", async () => {
    loader.aim(hands.work);
    loader.refresh();
    loader.refresh();
    expect(hands.asked).toHaveLength(1);
    await hands.answer(0, "one");
    hands.pass(PAUSE);
    expect(hands.asked).toHaveLength(2);
    await hands.answer(1, "two");
    expect(hands.timers).toEqual([]);
  });

  it("asks less often for what takes long", async () => {
    loader.aim(hands.work);
    hands.time = 2000;
    await hands.answer(0, "slow");
    loader.refresh();
    hands.pass(5999);
    expect(hands.asked).toHaveLength(1);
    hands.pass(1);
    expect(hands.asked).toHaveLength(2);
  });

  it("keeps what it knows when it cannot know more", async () => {
    loader.aim(hands.work);
    await hands.answer(0, "one");
    loader.aim(hands.work);
    await hands.answer(1, new Error("away"));
    expect(loader.state.value).toEqual({ value: "one", at: 0, error: "away", pending: false });
  });

  it("leaves nothing behind", async () => {
    loader.aim(hands.work);
    await hands.answer(0, "one");
    loader.refresh();
    loader.stop();
    loader.refresh();
    expect(hands.timers).toEqual([]);
    loader.aim(hands.work);
    loader.stop();
    expect(hands.asked[1]?.signal.aborted).toBe(true);
    await hands.answer(1, "late");
    expect(loader.state.value.value).toBe("one");
  });
});
