/**
 * Pages are addressed by the fragment: `#/models/org%2Fomega%20v1?tab=logs`. What a page shows stands in the query, so that a
 * link, a reload and Back show it again.
 */

import { computed, signal } from "@preact/signals";

/** Where we are: the decoded parts of the path, and the query. */
export interface Place {
  parts: readonly string[];
  query: Readonly<Record<string, string>>;
}

export const place = signal<Place>(placeOf(typeof location === "undefined" ? "" : location.hash));

/** The place that a fragment names. What cannot be decoded is taken as it is. */
export function placeOf(hash: string): Place {
  const [path, query] = splitOnce(hash.replace(/^#?\/*/, ""), "?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The fragment of a place; empty values of the query are left out. */
export function hashOf({ parts, query }: { parts: readonly string[]; query?: Readonly<Record<string, string>> }): string {
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== ""));
  const text = search.toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** The address for links to a place, as fragments alone would be taken relative to `<base>`. */
export function linkTo(parts: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  return location.pathname + location.search + hashOf({ parts, query });
}

/** Go to a place; with `replace` in place of the one we are at, as far as Back is concerned. */
export function go(parts: readonly string[], query: Readonly<Record<string, string>> = {}, replace = false): void {
  const target = linkTo(parts, query);
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  place.value = placeOf(location.hash);
}

/** Change parts of the query of this place; an empty value takes one out. It is a step for Back unless `replace`. */
export function ask(changes: Readonly<Record<string, string>>, replace = true): void {
  const { parts, query } = place.peek();
  go(parts, { ...query, ...changes }, replace);
}

/** One value of the query, or `fallback` where it is absent. */
export function asked(name: string, fallback = ""): string {
  return place.value.query[name] ?? fallback;
}

/** The first part of the path, that names the page. */
export const page = computed(() => place.value.parts[0] ?? "");

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

if (typeof window !== "undefined") {
  const follow = (): void => {
    place.value = placeOf(location.hash);
  };
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
}
