/** How many requests have ended since these pages are open. */

import { signal } from "@preact/signals";
import { onFresh, onTold } from "../../server/feed";

export const ended = signal(0);
let latest = 0;

/** How many more have ended when the newest row is `id`, after `before` (0: nobody knows); IDs skipped were told together. */
export function more(id: number, before: number): number {
  return before === 0 ? 1 : Math.max(0, id - before);
}

onTold("activity", ({ id }) => {
  ended.value += more(id, latest);
  latest = Math.max(id, latest);
});
onFresh(() => {
  latest = 0;
});
