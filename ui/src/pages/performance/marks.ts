/** Swaps over the lines of charts, so that one sees what a model's arrival did. Pure. */

import type { TimelineEntry } from "../../server/types";
import type { Mark } from "./plot";

/** A mark for each swap that brought its model. */
export function swapMarks(timeline: readonly TimelineEntry[]): Mark[] {
  return timeline.flatMap((entry) => (entry.kind === "swap" && entry.outcome === "loaded" ? [{ at: entry.when, text: entry.model }] : []));
}
