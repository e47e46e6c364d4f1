/** Which rows of activity are wanted: as the address says it, and as the server is asked. Pure. */

/** Lengths of time up to now, by their words in the address, in ms. */
export const SPANS = { "15m": 15 * 60_000, "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 } as const;
export type Span = keyof typeof SPANS;

/** Classes of status that rows can be asked for. */
export const STATUSES = ["2xx", "3xx", "4xx", "5xx", "none", "failed"] as const;
export type StatusClass = (typeof STATUSES)[number];

/** Characters of a free text; the server takes no more. */
const LONGEST_TEXT = 200;

export interface Filters {
  models: readonly string[];
  statuses: readonly StatusClass[];
  /** Within this long before now; empty for bounds of one's own, `start` and `end`. */
  last: Span | "";
  /** Local times, `2026-01-31T12:00`, or empty. */
  start: string;
  end: string;
  /** Free text. */
  q: string;
  minId: number | null;
  maxId: number | null;
  key: string;
}

/** A part of the filters. */
export type Part = "models" | "statuses" | "time" | "q" | "ids" | "key";

/** What the query of an address asks for. What means nothing counts as absent. */
export function filtersOf(query: Readonly<Record<string, string>>): Filters {
  const last = query["last"] ?? "";
  const bounded = Object.hasOwn(SPANS, last);
  return {
    models: split(query["model"] ?? ""),
    statuses: split(query["status"] ?? "").filter((each): each is StatusClass => STATUSES.includes(each as StatusClass)),
    last: bounded ? (last as Span) : "",
    start: bounded ? "" : moment(query["start"]),
    end: bounded ? "" : moment(query["end"]),
    q: Array.from((query["q"] ?? "").trim()).slice(0, LONGEST_TEXT).join(""),
    minId: idOf(query["min_id"] ?? ""),
    maxId: idOf(query["max_id"] ?? ""),
    key: (query["key"] ?? "").trim(),
  };
}

/** The changes of the query that make it say `filters`. */
export function asQuery(filters: Partial<Filters>): Record<string, string> {
  const said: Record<string, string> = {};
  if (filters.models) said["model"] = joined(filters.models);
  if (filters.statuses) said["status"] = filters.statuses.join(",");
  for (const name of ["last", "start", "end", "q", "key"] as const) if (filters[name] !== undefined) said[name] = filters[name];
  if (filters.minId !== undefined) said["min_id"] = filters.minId === null ? "" : String(filters.minId);
  if (filters.maxId !== undefined) said["max_id"] = filters.maxId === null ? "" : String(filters.maxId);
  return said;
}

/** What the server is asked at `now` (ms since the epoch, by its clock). */
export function parameters(filters: Filters, now: number): Record<string, string | readonly string[]> {
  const asked: Record<string, string | readonly string[]> = {};
  if (filters.models.length > 0) asked["model"] = filters.models;
  if (filters.statuses.length > 0) asked["status"] = filters.statuses;
  const start = filters.last ? new Date(now - SPANS[filters.last]).toISOString() : universal(filters.start);
  const end = universal(filters.end, 59);
  if (start) asked["start"] = start;
  if (end) asked["end"] = end;
  if (filters.q) asked["q"] = filters.q;
  if (filters.minId !== null) asked["min_id"] = String(filters.minId);
  if (filters.maxId !== null) asked["max_id"] = String(filters.maxId);
  if (filters.key) asked["key"] = filters.key;
  return asked;
}

/** The parts that narrow what is shown. */
export function active(filters: Filters): Part[] {
  const parts: Record<Part, boolean> = {
    q: filters.q !== "",
    models: filters.models.length > 0,
    statuses: filters.statuses.length > 0,
    time: filters.last !== "" || filters.start !== "" || filters.end !== "",
    ids: filters.minId !== null || filters.maxId !== null,
    key: filters.key !== "",
  };
  return (Object.keys(parts) as Part[]).filter((part) => parts[part]);
}

/** No filter at all. */
export const NO_FILTERS: Filters = filtersOf({});

/** An ID that somebody typed; null for what is none: blank, text, 0, negative, a fraction, too great. */
export function idOf(text: string): number | null {
  const value = /^\d{1,16}$/.test(text.trim()) ? Number(text) : 0;
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** With or without `value` in `list`. */
export function toggled<T>(list: readonly T[], value: T): T[] {
  return list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
}

/** Names in one text; commas and percent signs of theirs are encoded. */
function joined(names: readonly string[]): string {
  return names.map((name) => name.replace(/[%,]/g, encodeURIComponent)).join(",");
}

function split(text: string): string[] {
  const names = text.split(",").map((name) => name.trim().replace(/%25|%2C/g, decodeURIComponent));
  return [...new Set(names.filter(Boolean))];
}

function moment(text = ""): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : "";
}

/** A local time as the server reads it, at this `second` of its minute. */
function universal(local: string, second = 0): string {
  return local ? new Date(Date.parse(local) + second * 1000).toISOString() : "";
}
