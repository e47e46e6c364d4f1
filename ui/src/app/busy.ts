/** Pages that do something although one may look elsewhere; the sidebar marks them. */

import { signal } from "@preact/signals";

const counts = signal<ReadonlyMap<string, number>>(new Map());

/** Whether something of the page at `path` is under way. */
export function isBusy(path: string): boolean {
  return (counts.value.get(path) ?? 0) > 0;
}

/** Something of the page at `path` is under way, until the returned function is called (once is enough; more is harmless). */
export function begin(path: string): () => void {
  let over = false;
  add(path, 1);
  return () => {
    if (!over) add(path, -1);
    over = true;
  };
}

function add(path: string, by: number): void {
  const next = new Map(counts.peek());
  next.set(path, (next.get(path) ?? 0) + by);
  counts.value = next;
}
