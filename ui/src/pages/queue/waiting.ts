/** Who waits, put in order for the page. Pure. */

import { grouped } from "../../lib/grouped";
import type { Queued } from "../../server/types";

/** Those that wait for one model, in their turn. */
export interface Line {
  model: string;
  requests: Queued[];
}

/** By model, in the order of their turn. */
export function lines(queue: readonly Queued[]): Line[] {
  const ordered = [...queue].sort((one, other) => one.position - other.position);
  return grouped(ordered, ({ model }) => model).map(([model, requests]) => ({ model, requests }));
}
