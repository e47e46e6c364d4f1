import { beforeEach, expect, it } from "vitest";
import { Ticker, type TickerWorld } from "@/parts/ticker";

class Hands implements TickerWorld {
  ticking: (() => void) | null = null;
  listening: (() => void) | null = null;
  away = false;
  every = (_: number, tick: () => void): (() => void) => {
    expect(this.ticking).toBeNull();
    this.ticking = tick;
    return () => (this.ticking = null);
  };
  hidden = (): boolean => this.away;
  onVisibility = (changed: () => void): (() => void) => {
    this.listening = changed;
    return () => (this.listening = null);
  };
  turn(away: boolean): void {
    this.away = away;
    this.listening?.();
  }
}

let hands: Hands;
let ticker: Ticker;
let told: number;
const watch = (): (() => void) => ticker.watch(() => (told += 1));
beforeEach(() => {
  hands = new Hands();
  ticker = new Ticker(100, hands);
  told = 0;
});

it("has one clock for all, while there is somebody", () => {
  const ends = [watch(), watch()];
  told = 0;
  hands.ticking?.();
  expect(told).toBe(2);
  ends[0]?.();
  expect(hands.ticking).not.toBeNull();
  ends[1]?.();
  expect([hands.ticking, hands.listening]).toEqual([null, null]);
});

it("rests while the page is hidden, and is right as soon as it is seen", () => {
  const end = watch();
  hands.turn(true);
  expect(hands.ticking).toBeNull();
  told = 0;
  hands.turn(false);
  expect(told).toBe(1);
  expect(hands.ticking).not.toBeNull();
  end();
});

it("does not begin on a hidden page", () => {
  hands.away = true;
  watch();
  expect(hands.ticking).toBeNull();
});
