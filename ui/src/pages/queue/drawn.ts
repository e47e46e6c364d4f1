/** Requests as the timeline draws them. Pure; times are seconds since the epoch. */

import type { InflightRequest, Schemas } from "../../server/types";
import type { Request } from "./gantt";

type Row = Schemas["Activity"];
/** How the time that a row tells of is rounded: it ended within the second that begins there. */
const HALF = 0.5;

/** A row of activity: it tells when it ended, to the second, and how long it took. */
export function endedRequest({ id, model, timestamp, duration_ms, resp_status_code: status }: Row): Request {
  const to = Date.parse(timestamp) / 1000 + HALF;
  return { id: String(id), model, from: to - duration_ms / 1000, to, open: false, failed: status < 200 || status >= 400, waiting: false };
}

/** One that goes on at `now`. */
export function openRequest({ id, model, timestamp, phase }: InflightRequest, now: number): Request {
  const from = Date.parse(timestamp) / 1000;
  return { id, model, from, to: Math.max(now, from), open: true, failed: false, waiting: phase === "queued" || phase === "loading" };
}
