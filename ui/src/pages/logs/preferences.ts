import { stored } from "../../lib/stored";

/** Sizes of letters in px. */
export const SIZES = [11, 13, 15, 17] as const;

/** The least share of one of two logs, in percent, and how far an arrow key moves the divider. */
const LEAST = 10;
export const STEP = 2;

/** How logs are shown, everywhere; `divider` is the share of the first of two, in percent. */
export const preferences = stored(
  "logs",
  { wrap: true, times: false, size: 13, divider: 50, split: true },
  {
    size: (value): value is number => SIZES.includes(value as (typeof SIZES)[number]),
    divider: (value): value is number => typeof value === "number" && value >= LEAST && value <= 100 - LEAST,
  },
);

/** The size behind `size`, going round. */
export function nextSize(size: number): number {
  const at = SIZES.findIndex((each) => each === size);
  return SIZES[(at + 1) % SIZES.length] ?? SIZES[0];
}

/** The share that a divider may have. */
export function within(percent: number): number {
  return Math.round(Math.min(100 - LEAST, Math.max(LEAST, percent)));
}
