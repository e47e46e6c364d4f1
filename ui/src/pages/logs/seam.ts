/** Where a log goes on after its stream was interrupted: the server tells its history again. Pure. */

/** Characters at the end of what was told that are looked for in what is told again. */
export const TAIL = 2048;

/** What of `history` comes after `tail`; null where the two do not meet. */
export function goesOn(tail: string, history: string): string | null {
  if (tail === "") return history;
  const found = history.lastIndexOf(tail);
  return found < 0 ? null : history.slice(found + tail.length);
}

/** The end of `before` and `more`, for the next time. */
export function tailOf(before: string, more: string): string {
  return (before + more).slice(-TAIL);
}
