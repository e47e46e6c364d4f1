/** What the server is known to do, as signals that the events keep up to date. What was told last stays when it goes away. */

import { batch, computed, signal } from "@preact/signals";
import { ask, messageOf } from "./api";
import { onFresh, onTold } from "./feed";
import { after, type Received } from "./inflight";
import type { LiveModel, Model, ModelState, Schedule, TimelineEntry, UiConfig } from "./types";

/** Every model, as the server sorts them; those of peers come last. */
export const models = signal<readonly Model[]>([]);
/** Requests under way, by ID. */
export const inflight = signal<ReadonlyMap<string, Received>>(new Map());
export const schedule = signal<Schedule>({ at: 0, models: [], queue: [], waiting: 0, swaps: [], gpus: [], ram: null });
export const timeline = signal<readonly TimelineEntry[]>([]);
/** Whether what happened before we came is known. */
export const timelineRead = signal(false);
/** Why it is not; empty when nothing went wrong. */
export const timelineProblem = signal("");
/** Grows when the server tells of its configuration. */
export const configured = signal(0);
export const uiConfig = signal<UiConfig>({ activity: { session_id: [] } });
export const activeProfile = signal<string | null>(null);
/** The server's clock less ours, in ms, as the last schedule showed it. */
const clockOffset = signal(0);

const MOST_OF_TIMELINE = 2000;

/** Models of this server, by ID. */
export const local = computed(() => new Map(models.value.filter((model) => model.peerID === "").map((model) => [model.id, model])));
/** What models do, by ID. */
export const live = computed(() => new Map(schedule.value.models.map((model): [string, LiveModel] => [model.id, model])));

/** The model that `name`, an ID or an alias, leads to. */
export function modelNamed(name: string): Model | undefined {
  return models.value.find((model) => model.id === name) ?? models.value.find((model) => model.aliases?.includes(name));
}

/** The state of a model; empty for one that nobody knows. */
export function stateOf(id: string): ModelState {
  return local.value.get(id)?.state ?? "";
}

/** Milliseconds since the epoch, by the server's clock. */
export function serverNow(): number {
  return Date.now() + clockOffset.value;
}

let wanted = false;

/** Know what has happened to models from now on. Never rejects: `timelineProblem` says what went wrong. */
export async function readTimeline(): Promise<void> {
  wanted = true;
  const before = timeline.peek();
  try {
    const { entries } = await ask<{ entries: TimelineEntry[] }>("GET", "api/timeline");
    const told = timeline.peek().filter((entry) => !before.includes(entry));
    timeline.value = merged(entries, told);
    timelineRead.value = true;
    timelineProblem.value = "";
  } catch (error) {
    timelineProblem.value = messageOf(error);
  }
}

/** What was read, and what was `told` meanwhile that is not among it. */
export function merged(read: readonly TimelineEntry[], told: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const last = read.at(-1)?.n ?? 0;
  return [...read, ...told.filter(({ n }) => n > last)].slice(-MOST_OF_TIMELINE);
}

onFresh(() => {
  if (wanted) void readTimeline();
});
onTold("modelStatus", (data) => {
  models.value = data;
});
onTold("uiConfig", (data) => {
  uiConfig.value = data;
  configured.value += 1;
});
onTold("profileChanged", ({ active }) => {
  activeProfile.value = active;
});
onTold("schedule", (data) => {
  batch(() => {
    schedule.value = data;
    clockOffset.value = data.at * 1000 - Date.now();
  });
});
onTold("timeline", (entry) => {
  if (wanted) timeline.value = [...timeline.peek().filter(({ n }) => n < entry.n), entry].slice(-MOST_OF_TIMELINE);
});
onTold("inflight", (change) => {
  inflight.value = after(inflight.peek(), change, performance.now());
});
