/** Whether a log that is scrolled goes on showing its end. Pure; all in pixels. */

/** The distance from the end within which one is at it. */
export const NEAR = 40;

/**
 * Scrolling has taken a box from `before` to `now`, and `left` are below what is seen. Who comes near the end follows it, and
 * only who goes up leaves it: lines that come between a step of ours to the end and the browser's word of it leave nobody
 * behind.
 */
export function follows(following: boolean, before: number, now: number, left: number): boolean {
  return left < NEAR || (following && now >= before);
}
