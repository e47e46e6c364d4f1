/** What users have chosen about the tables of activity, by the area where these stand. */

import { stored, type Stored } from "../../lib/stored";
import { isChoice, isOrder } from "./layout";
import { PAGE_SIZES, USUAL_SIZE } from "./view";

/** Preferences of an area. */
export type Kept = {
  order: string[];
  shown: Record<string, boolean>;
  size: number;
  inflightOrder: string[];
  inflightShown: Record<string, boolean>;
  inflightOpen: boolean;
  statsOpen: boolean;
};

const areas = new Map<string, Stored<Kept>>();

/** The preferences of `area`, the same for all who ask. */
export function kept(area: string): Stored<Kept> {
  const known = areas.get(area) ?? made(area);
  areas.set(area, known);
  return known;
}

function made(area: string): Stored<Kept> {
  return stored<Kept>(
    `history.${area}`,
    { order: [], shown: {}, size: USUAL_SIZE, inflightOrder: [], inflightShown: {}, inflightOpen: true, statsOpen: true },
    {
      order: isOrder,
      shown: isChoice,
      inflightOrder: isOrder,
      inflightShown: isChoice,
      size: (value): value is number => typeof value === "number" && PAGE_SIZES.includes(value),
    },
  );
}
