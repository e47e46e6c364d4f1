/** The requests of the time that is looked at: those that have ended, as the list of activity has them. */

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, isAbort, messageOf } from "../../server/api";
import { inflight, latestActivity, local, serverNow } from "../../server/state";
import type { Schemas } from "../../server/types";
import type { Request, Window } from "./gantt";

/** Rows that are asked for at once. */
const MOST = 999;
/** Milliseconds between two looks. */
const PAUSE = 1000;

const ended = signal<readonly Request[]>([]);
export const problem = signal("");
/** Counts what users want tried again. */
export const again = signal(0);

/** Requests to models here, in the order of their beginnings. */
export const requests = computed<readonly Request[]>(() => {
  const now = serverNow() / 1000;
  const open = [...inflight.value.values()]
    .filter(({ model }) => local.value.has(model))
    .map(({ id, model, timestamp, phase }): Request => ({ id, model, from: Date.parse(timestamp) / 1000, to: now, open: true, failed: false, waiting: phase === "queued" || phase === "loading" }));
  return [...ended.value, ...open];
});

/** Know of the requests of `window`, and of those that come, as long as the component is there. */
export function useRequests({ from, to }: Window, follows: boolean): void {
  const wanted = Math.floor(from / 60) * 60;
  const until = follows ? 0 : to;
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => void read(wanted, until, abort.signal), ended.peek().length === 0 ? 0 : PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [wanted, until, latestActivity.value, again.value]);
}

async function read(from: number, to: number, signal: AbortSignal): Promise<void> {
  const query = { start: new Date(from * 1000).toISOString(), end: to > 0 ? new Date(to * 1000).toISOString() : "", limit: MOST };
  try {
    const { data } = await ask<Schemas["ActivityPage"]>("GET", "api/metrics/activity", { query, signal });
    ended.value = data.filter(({ model }) => local.peek().has(model)).map(requestOf);
    problem.value = "";
  } catch (error) {
    if (!isAbort(error)) problem.value = messageOf(error);
  }
}

/** A row tells when it ended, to the second, and how long it took. */
function requestOf({ id, model, timestamp, duration_ms, resp_status_code: status }: Schemas["Activity"]): Request {
  const to = Date.parse(timestamp) / 1000 + 0.5;
  return { id: String(id), model, from: to - duration_ms / 1000, to, open: false, failed: status < 200 || status >= 400, waiting: false };
}
