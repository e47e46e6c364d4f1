/** The requests of the time that is looked at: those that have ended, as the list of activity has them, and those under way. */

import { ask } from "../../server/api";
import { inflight, local } from "../../server/state";
import type { Schemas } from "../../server/types";
import { useLoaded } from "../activity/use-loaded";
import { endedRequest, openRequest } from "./drawn";
import type { Request, Window } from "./gantt";

/** Rows that are asked for at once. */
const MOST = 999;

interface Ended {
  requests: readonly Request[];
  /** Rows that were read, the newest, and how many there are. */
  read: number;
  total: number;
}

export interface Requests extends Ended {
  /** Why those that have ended are not known, or not all of them. */
  problem: string;
  retry: () => void;
}

/** The requests of `window` to models here; while it `follows` the time, also those that come. `now` is in seconds. */
export function useRequests({ from, to }: Window, follows: boolean, now: number): Requests {
  const start = Math.floor(from / 60) * 60;
  const end = follows ? 0 : to;
  const { loaded, refresh } = useLoaded<Ended>("queue", "", `${start} ${end}`, follows, (signal) => read(start, end, signal));
  const { requests, read: known, total } = loaded.value ?? { requests: [], read: 0, total: 0 };
  const open = [...inflight.value.values()].map((each) => openRequest(each, now));
  const here = [...requests, ...open].filter(({ model }) => local.value.has(model));
  return { requests: here, read: known, total, problem: loaded.error, retry: refresh };
}

async function read(from: number, to: number, signal: AbortSignal): Promise<Ended> {
  const query = { start: new Date(from * 1000).toISOString(), end: to > 0 ? new Date(to * 1000).toISOString() : "", limit: MOST };
  const { data, total } = await ask<Schemas["ActivityPage"]>("GET", "api/metrics/activity", { query, signal });
  return { requests: data.map(endedRequest), read: data.length, total };
}
