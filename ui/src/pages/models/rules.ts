/** Which models are listed, in which order, and what is said of each. Pure. */

import type { LiveModel, Model, ModelState, StateEntry, TimelineEntry } from "../../server/types";

export const SORTS = ["name", "state", "recent", "used"] as const;
export type Sort = (typeof SORTS)[number];
export const GROUPINGS = ["none", "group"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** One line of the list. */
export interface Entry {
  model: Model;
  live: LiveModel | undefined;
  pinned: boolean;
}

/** What may run together, as the server tells (`GET /api/models/groups`). */
export interface Routing {
  groups: readonly { id: string; members: readonly string[]; swap: boolean; exclusive: boolean; persistent: boolean }[];
  sets: readonly { id: string; expression: string; members: readonly string[] }[];
}

export interface Wish {
  sort: Sort;
  unlisted: boolean;
  pinned: readonly string[];
}

/** The models of this server that are wished for: pinned ones first, then in the order of `sort`. */
export function listed(models: readonly Model[], live: ReadonlyMap<string, LiveModel>, wish: Wish): Entry[] {
  const found = models.filter((model) => model.peerID === "" && (wish.unlisted || !model.unlisted));
  const entries = found.map((model) => ({ model, live: live.get(model.id), pinned: wish.pinned.includes(model.id) }));
  return entries.sort((one, other) => Number(other.pinned) - Number(one.pinned) || ORDERS[wish.sort](one, other) || byName(one, other));
}

/** Every word of `search` is in the ID, the name, an alias or the description. */
export function matches(model: Model, search: string): boolean {
  const text = [model.id, model.name, model.description, ...(model.aliases ?? [])].join("\n").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const RANKS: Record<ModelState, number> = { ready: 0, starting: 1, stopping: 2, shutdown: 3, stopped: 5, "": 6 };
const FAILED = 4;

const ORDERS: Record<Sort, (one: Entry, other: Entry) => number> = {
  name: byName,
  state: (one, other) => rank(one) - rank(other),
  recent: (one, other) => lastUse(other) - lastUse(one),
  used: (one, other) => (other.live?.requests ?? 0) - (one.live?.requests ?? 0),
};

function byName(one: Entry, other: Entry): number {
  return names.compare(one.model.name + one.model.id, other.model.name + other.model.id);
}

function rank({ model, live }: Entry): number {
  return model.state === "stopped" && live?.failure ? FAILED : RANKS[model.state];
}

/** Who is being served is used now. */
function lastUse({ live }: Entry): number {
  if (!live) return 0;
  return live.serving > 0 ? Infinity : (live.last_used ?? 0);
}

/** A heading with what belongs below it. */
export interface Section {
  id: string;
  /** The models of it take turns; false: they run together. */
  swap: boolean | null;
  entries: Entry[];
}

/** The entries below the groups, or sets, they are in; those in none come last, below an empty name. */
export function sections(entries: readonly Entry[], routing: Routing): Section[] {
  const heads = [
    ...routing.groups.map(({ id, members, swap }) => ({ id, members, swap })),
    ...routing.sets.map(({ id, members }) => ({ id, members, swap: null })),
  ];
  const placed = new Set(heads.flatMap(({ members }) => members));
  const found: Section[] = heads.map(({ id, members, swap }) => {
    const own = new Set(members);
    return { id, swap, entries: entries.filter(({ model }) => own.has(model.id)) };
  });
  const rest = entries.filter(({ model }) => !placed.has(model.id));
  return [...found, { id: "", swap: null, entries: rest }].filter(({ entries: each }) => each.length > 0);
}

/** What the button of a model does. */
export type Action = "load" | "cancel" | "unload" | "wait" | "retry";

/** `pending`: we have asked for it to be loaded, and have no answer. */
export function actionFor(state: ModelState, pending: boolean, live: LiveModel | undefined): Action {
  if (state === "ready") return "unload";
  if (state === "stopping" || state === "shutdown") return pending ? "cancel" : "wait";
  if (pending || state === "starting" || (live && live.waiting > 0)) return "cancel";
  return live?.failure ? "retry" : "load";
}

/** How far a load has come, from 0 to 1, by what is expected; null where nothing is. */
export function progress(live: LiveModel, now: number): number | null {
  if (live.expected_ready === null || live.since === null || live.expected_ready <= live.since) return null;
  const began = Math.min(live.since, live.stage_since ?? live.since);
  return Math.min(Math.max((now / 1000 - began) / (live.expected_ready - began), 0), 1);
}

/** The last time that each model went, and why. */
export function lastEnds(entries: readonly TimelineEntry[]): Map<string, StateEntry> {
  const found = new Map<string, StateEntry>();
  for (const entry of entries) if (entry.kind === "state" && entry.to === "stopped") found.set(entry.model, entry);
  return found;
}

/** `live` with those of `before` in place of what is equal, so that what has not changed is not drawn again. */
export function stable(before: ReadonlyMap<string, LiveModel>, live: ReadonlyMap<string, LiveModel>): Map<string, LiveModel> {
  return new Map(
    [...live].map(([id, now]) => {
      const then = before.get(id);
      return [id, then && JSON.stringify(then) === JSON.stringify(now) ? then : now];
    }),
  );
}
