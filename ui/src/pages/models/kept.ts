/** How the list is shown: in the address, and kept for the next visit. */

import { ask, asked } from "../../app/router";
import { stored } from "../../lib/stored";
import { GROUPINGS, SORTS, type Grouping, type Sort } from "./rules";

const isSort = (value: unknown): value is Sort => SORTS.some((each) => each === value);
const isGrouping = (value: unknown): value is Grouping => GROUPINGS.some((each) => each === value);
const areNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === "string");

const kept = stored<{ sort: Sort; grouping: Grouping; pinned: string[] }>(
  "models",
  { sort: "name", grouping: "none", pinned: [] },
  { sort: isSort, grouping: isGrouping, pinned: areNames },
);

export const pinned = kept.pinned;

/** What the address says, or what was chosen last. */
export function sorting(): Sort {
  const wished = asked("sort");
  return isSort(wished) ? wished : kept.sort.value;
}

export function grouping(): Grouping {
  const wished = asked("group");
  return isGrouping(wished) ? wished : kept.grouping.value;
}

export function sortBy(sort: Sort): void {
  kept.sort.value = sort;
  ask({ sort });
}

export function groupBy(wished: Grouping): void {
  kept.grouping.value = wished;
  ask({ group: wished });
}

export function togglePin(id: string): void {
  pinned.value = pinned.value.includes(id) ? pinned.value.filter((each) => each !== id) : [...pinned.value, id];
}
