/** Requests under way, by ID, as messages change them. Pure. */

import type { InflightRequest, Told } from "./types";

/** A request under way, and when (`performance.now()`) we heard of it. */
export interface Received extends InflightRequest {
  heard: number;
}

export type InflightChange = Extract<Told, { type: "inflight" }>["data"];

/** What is under way after a message that was heard at `heard`. Those that it does not tell of stay the same objects. */
export function after(requests: ReadonlyMap<string, Received>, change: InflightChange, heard: number): ReadonlyMap<string, Received> {
  if (change.operation === "snapshot") return new Map(change.requests.map((request) => [request.id, { ...request, heard }]));
  const next = new Map(requests);
  if (change.operation === "upsert") next.set(change.request.id, { ...change.request, heard });
  else next.delete(change.id);
  return next;
}
