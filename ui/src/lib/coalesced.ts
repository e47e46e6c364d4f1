/**
 * `work`, of which one is under way at a time: who asks meanwhile gets the promise of the one that begins after it, as what is
 * under way may have looked too early (web-ui appendix C).
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = (): Promise<T> => {
    const begun = work();
    current = begun;
    const over = (): void => {
      if (current === begun) current = null;
    };
    begun.then(over, over);
    return begun;
  };
  return () => {
    if (next !== null) return next;
    if (current === null) return start();
    next = current.then(again, again);
    return next;
  };
  function again(): Promise<T> {
    next = null;
    return start();
  }
}
