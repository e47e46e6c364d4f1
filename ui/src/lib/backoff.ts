/** How long to wait before the next attempt: at least half of a bound that doubles, the rest by chance (web-ui 5.4). */

export const FIRST = 1000;
export const MOST = 30_000;

/** Milliseconds to wait after `failures` attempts (1 or more) that failed; `random` is in 0 to 1. */
export function wait(failures: number, random: number): number {
  const bound = Math.min(MOST, FIRST * 2 ** (failures - 1));
  return Math.round(bound / 2 + (bound / 2) * random);
}
