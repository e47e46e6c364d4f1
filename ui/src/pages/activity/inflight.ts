/** Requests under way, as the card shows them. Pure. */

import type { InflightRequest, Phase } from "../../server/types";
import type { Column } from "./layout";
import { t } from "./words";

/** Rows that are shown before one asks for all: a page that shows thousands helps nobody. */
export const FIRST_SHOWN = 100;

export const INFLIGHT_COLUMNS: readonly Column[] = [
  { id: "phase", header: t.inflight.phase, on: true },
  { id: "elapsed", header: t.inflight.elapsed, on: true, number: true },
  { id: "model", header: t.columns.model, on: true },
  { id: "request", header: t.inflight.request, on: true },
  { id: "bytes", header: t.inflight.bytes, on: true, number: true },
  { id: "session", header: t.inflight.session, about: t.inflight.sessionAbout, on: true },
  { id: "key", header: t.columns.key, on: true },
  { id: "address", header: t.inflight.address, on: false },
  { id: "agent", header: t.inflight.agent, on: false },
];

/** Milliseconds that a request has been under way at `now`, when it was `ms` at `heard`, by the same clock. */
export function elapsed(ms: number, heard: number, now: number): number {
  return ms + Math.max(0, now - heard);
}

/** Those to show, of one model or of all: the oldest first. */
export function listed<R extends InflightRequest>(requests: Iterable<R>, model?: string): R[] {
  const wanted = [...requests].filter((request) => model === undefined || request.model === model);
  return wanted.sort((one, other) => Date.parse(one.timestamp) - Date.parse(other.timestamp) || Number(one.id) - Number(other.id));
}

/** The session that a request belongs to: the first of the headers `names` that it has, whatever the case of letters. */
export function sessionOf(headers: Readonly<Record<string, string>>, names: readonly string[]): string {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return names.map((name) => values.get(name.toLowerCase())?.trim() ?? "").find(Boolean) ?? "";
}

/** A header of a request, whatever the case of letters. */
export function headerOf(headers: Readonly<Record<string, string>>, name: string): string {
  return sessionOf(headers, [name]);
}

/** How far a request has come; a server that does not say it can be told by the head of the answer. */
export function phaseOf({ phase, resp_headers: head, resp_bytes: received }: Pick<InflightRequest, "phase" | "resp_headers" | "resp_bytes">): Phase {
  return phase ?? (received > 0 || Object.keys(head).length > 0 ? "answering" : "waiting");
}

/** What stands out of a text that is too long for its place: both ends. */
export function middleCut(text: string, longest: number): string {
  const letters = Array.from(text);
  if (letters.length <= longest) return text;
  const head = Math.ceil((longest - 1) / 2);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (longest - 1 - head)).join("")}`;
}
