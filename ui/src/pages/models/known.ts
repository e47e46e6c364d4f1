/** What the page asks for besides the events: groups, selectors, and what has happened. */

import { computed, effect, signal } from "@preact/signals";
import { coalesced } from "../../lib/coalesced";
import { ask } from "../../server/api";
import { configured, live, models, timeline } from "../../server/state";
import type { LiveModel, Schemas } from "../../server/types";
import { lastEnds, stable, type Routing } from "./rules";

export type Listed = Schemas["ListedModel"];

export const routing = signal<Routing>({ groups: [], sets: [] });
/** Every name of `GET /v1/models` that stands for others. */
export const selectors = signal<readonly Listed[]>([]);

/** Read both again. Never rejects: what was known stays. */
export const readAround = coalesced(async () => {
  const [groups, list] = await Promise.allSettled([ask<Routing>("GET", "api/models/groups"), ask<{ data: Listed[] }>("GET", "v1/models")]);
  if (groups.status === "fulfilled") routing.value = groups.value;
  if (list.status === "fulfilled") selectors.value = list.value.data.filter(({ meta }) => meta.llamaswap.type === "selector");
});

/** What models do, the same objects as long as nothing has changed. */
export const steady = signal<ReadonlyMap<string, LiveModel>>(new Map());
effect(() => {
  steady.value = stable(steady.peek(), live.value);
});

export const ends = computed(() => lastEnds(timeline.value));

/** Changes when what was asked of the server about its configuration may be old: it has another one, or other models. */
export const setup = computed(() => [configured.value, ...models.value.map(({ id }) => id)].join("\n"));
