/** What users have done to models here: one load of each at a time, which can be cancelled. */

import { signal } from "@preact/signals";
import { attempt, say } from "../../parts/toasts";
import { ApiError, ask, messageOf } from "../../server/api";
import { load, unload, unloadAll } from "../../server/actions";
import { inflight, local, schedule } from "../../server/state";
import type { LiveModel, Schedule } from "../../server/types";
import { courseOf, liveOf, type Course } from "./course";
import { t } from "./words";

/** Models that we have asked to be loaded, until they are, or something kept them from it. */
export const pending = signal<ReadonlySet<string>>(new Set());
/** Models whose stop we have asked for, and have no answer yet. */
export const leaving = signal<ReadonlySet<string>>(new Set());
/** While all models are being unloaded. */
export const emptying = signal(false);

const cancelled = new Set<string>();

/** Have it loaded; what keeps it from that is shown. Never rejects. */
export async function begin(id: string, name: string): Promise<void> {
  pending.value = with_(pending.value, id);
  cancelled.delete(id);
  const before = liveOf(schedule.peek(), id)?.failure?.when ?? null;
  try {
    await load(id);
    const course = await followed(id, before);
    if (course !== "ready" && !cancelled.has(id)) explain(id, name, course === "failed" ? await failureOf(id) : null, t.failures.givenUp);
  } catch (error) {
    const failure = error instanceof ApiError && error.status > 0 ? await failureOf(id) : null;
    if (!cancelled.has(id)) explain(id, name, failure, messageOf(error));
  } finally {
    pending.value = without(pending.value, id);
    cancelled.delete(id);
  }
}

/**
 * Resolves when a load is over: by the events, from what the server says now on, as they may lag behind our request.
 * Rejects with an `ApiError` when it says nothing.
 */
async function followed(id: string, before: number | null): Promise<Course> {
  const first = await ask<Schedule>("GET", "api/schedule");
  return new Promise((resolve) => {
    const look = (seen: Schedule): void => {
      const course = courseOf(liveOf(seen, id), before);
      if (course === "goes on") return;
      end();
      resolve(course);
    };
    const end = schedule.subscribe((told) => queueMicrotask(() => look(told.at > first.at ? told : first)));
  });
}

/** Give up its load, whoever wanted it. Never rejects. */
export async function cancel(id: string, name: string): Promise<void> {
  cancelled.add(id);
  await stop(id, t.failures.cancel(name));
}

/** Never rejects. */
export async function end(id: string, name: string): Promise<void> {
  await stop(id, t.failures.unload(name));
}

/** Never rejects. */
export async function endAll(): Promise<void> {
  emptying.value = true;
  for (const id of pending.value) cancelled.add(id);
  await attempt(t.failures.unloadAll, unloadAll);
  emptying.value = false;
}

/** How many requests would be cut with the model, or with all models of this server. */
export function requestsOf(id?: string): number {
  return [...inflight.value.values()].filter(({ model }) => (id === undefined ? local.value.has(model) : model === id)).length;
}

async function stop(id: string, what: string): Promise<void> {
  leaving.value = with_(leaving.value, id);
  await attempt(what, () => unload(id));
  leaving.value = without(leaving.value, id);
}

/** Say why it could not be loaded, with what its process said last; `otherwise` where it has no `failure`. */
function explain(id: string, name: string, failure: LiveModel["failure"], otherwise: string): void {
  const code = failure?.exit_code ?? null;
  const parts = [failure?.why ?? otherwise, code === null || failure?.why.includes(String(code)) ? "" : t.failures.exit(code), ...(failure?.lines ?? [])];
  say("bad", t.failures.load(name), { detail: parts.filter(Boolean).join("\n"), retry: () => void begin(id, name) });
}

/** Null as well when it cannot be known. */
async function failureOf(id: string): Promise<LiveModel["failure"]> {
  try {
    return liveOf(await ask<Schedule>("GET", "api/schedule"), id)?.failure ?? null;
  } catch {
    return null;
  }
}

function with_(set: ReadonlySet<string>, id: string): Set<string> {
  return new Set([...set, id]);
}

function without(set: ReadonlySet<string>, id: string): Set<string> {
  return new Set([...set].filter((each) => each !== id));
}
