/**
 * What the browser keeps for the user: one JSON document for each area, named and versioned, and only what differs from
 * the defaults, so that a later change of a default reaches everybody (web-ui appendix A).
 */

import { signal, type Signal } from "@preact/signals";
import { PREFIX } from "./prefix";

export { PREFIX };

/** Says whether a kept value can still be used as the value of `key`. */
export type Valid<T> = { [K in keyof T]?: (value: unknown) => value is T[K] };

/** The preferences of an area: a signal for each, which is written when it changes. */
export type Stored<T> = { [K in keyof T]: Signal<T[K]> };

/** Where documents are kept; `localStorage`, where the browser lets us. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface StoredOptions {
  /**
   * Whether what another tab changes changes here as well. Not for what one works with, which is each tab's own: there it
   * is where a tab that is opened later begins.
   */
  follow?: boolean;
}

/**
 * Preferences of `area` with their `defaults`. A kept value counts when it is of the same kind as its default, and
 * `valid` for its key, if there is one, says so.
 */
export function stored<T extends Record<string, unknown>>(area: string, defaults: T, valid: Valid<T> = {}, { follow = true }: StoredOptions = {}): Stored<T> {
  const shelf = browserShelf();
  const kept = readKept(shelf, area);
  const signals = {} as Stored<T>;
  const current: Record<string, unknown> = {};
  for (const key of Object.keys(defaults) as (keyof T & string)[]) {
    const value = usable(kept[key], defaults[key], valid[key]) ? kept[key] : defaults[key];
    current[key] = value;
    const made = signal(value);
    signals[key] = made;
    made.subscribe((now) => {
      if (same(now, current[key])) return;
      current[key] = now;
      write(shelf, area, differing({ ...defaults, ...readKept(shelf, area), [key]: now }, defaults));
    });
  }
  if (follow) followOtherTabs(area, defaults, valid, signals, current);
  return signals;
}

/** What of `values` is not as `defaults` say. */
export function differing(values: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => !same(value, defaults[key])));
}

/** Whether a kept `value` can stand for `fallback`. */
function usable<T>(value: unknown, fallback: T, valid?: (value: unknown) => value is T): value is T {
  if (value === undefined) return false;
  if (valid) return valid(value);
  return kindOf(value) === kindOf(fallback);
}

/** Every document that is kept, by its area. */
export function allKept(shelf: Storage): Record<string, unknown> {
  const names = Object.keys(shelf).filter((name) => name.startsWith(PREFIX));
  return Object.fromEntries(names.map((name) => [name.slice(PREFIX.length), readKept(shelf, name.slice(PREFIX.length))]));
}

function followOtherTabs<T extends Record<string, unknown>>(
  area: string,
  defaults: T,
  valid: Valid<T>,
  signals: Stored<T>,
  current: Record<string, unknown>,
): void {
  if (typeof window === "undefined") return;
  window.addEventListener("storage", (event) => {
    if (event.key !== PREFIX + area) return;
    const kept = parsed(event.newValue);
    for (const key of Object.keys(defaults) as (keyof T & string)[]) {
      const value = usable(kept[key], defaults[key], valid[key]) ? kept[key] : defaults[key];
      current[key] = value;
      if (!same(signals[key].peek(), value)) signals[key].value = value;
    }
  });
}

function browserShelf(): Shelf | null {
  try {
    return typeof localStorage === "undefined" ? null : localStorage;
  } catch {
    return null;
  }
}

function readKept(shelf: Shelf | null, area: string): Record<string, unknown> {
  return parsed(shelf?.getItem(PREFIX + area) ?? null);
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return kindOf(value) === "object" ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function write(shelf: Shelf | null, area: string, values: Record<string, unknown>): void {
  try {
    if (Object.keys(values).length === 0) shelf?.removeItem(PREFIX + area);
    else shelf?.setItem(PREFIX + area, JSON.stringify(values));
  } catch {
    // A full or forbidden storage keeps nothing; what the user sees now stays as they want it.
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
