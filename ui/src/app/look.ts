/** How these pages look: theme, palette, title, sidebar. `boot.ts` applies the kept theme before the first paint. */

import { effect } from "@preact/signals";
import { stored } from "../lib/stored";
import { t } from "./words";

export const MODES = ["system", "light", "dark"] as const;
export type Mode = (typeof MODES)[number];
export const PALETTES = ["indigo", "ocean", "emerald", "violet", "rose", "amber", "slate", "terminal"] as const;
export type Palette = (typeof PALETTES)[number];

/** Characters of a title. */
export const LONGEST_TITLE = 64;

/** Preferences of `look`. */
type Look = { mode: Mode; palette: Palette; title: string; collapsed: boolean; modelsOpen: boolean; showUnlisted: boolean; showCapabilities: boolean };

export const look = stored<Look>(
  "look",
  {
    mode: "system",
    palette: "indigo",
    title: "",
    collapsed: false,
    modelsOpen: true,
    showUnlisted: false,
    showCapabilities: true,
  },
  {
    mode: (value): value is Mode => MODES.includes(value as Mode),
    palette: (value): value is Palette => PALETTES.includes(value as Palette),
  },
);

/** The title as it is shown. */
export function titleShown(): string {
  return look.title.value || t.title;
}

/** What becomes of a title that somebody types: one line, not too long; empty stands for the name of the program. */
export function titleOf(typed: string): string {
  const cleaned = Array.from(typed.replace(/\s+/g, " ").trim()).slice(0, LONGEST_TITLE).join("").trim();
  return cleaned === t.title ? "" : cleaned;
}

/** Show the theme and palette from now on. */
export function applyLook(): void {
  effect(() => {
    document.documentElement.dataset["mode"] = look.mode.value;
    document.documentElement.dataset["palette"] = look.palette.value;
  });
}

/** Whether what is shown is dark now; charts and such follow it. */
export function isDark(mode: Mode, systemIsDark: boolean): boolean {
  return mode === "dark" || (mode === "system" && systemIsDark);
}
