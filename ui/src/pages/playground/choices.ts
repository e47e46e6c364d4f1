/** Which models may be chosen, in which order and groups (web-ui 1.10). */

import { ownOf } from "../../lib/own";
import type { ModelState } from "../../server/types";

/** One entry of `/v1/models`, as far as a choice wants to know it. */
export interface Listed {
  id: string;
  name?: string;
  description?: string;
  capabilities?: Readonly<Record<string, boolean>>;
  context_length?: number;
  status?: { value: string };
  meta?: { llamaswap?: { type?: string; aliases?: readonly string[]; peerID?: string; strategy?: string; targets?: readonly string[] } };
}

export type GroupKind = "profile" | "matching" | "selector" | "local" | "peer";

/** The order of groups. */
const ORDER: readonly GroupKind[] = ["profile", "matching", "selector", "local", "peer"];

export interface Choice {
  id: string;
  /** What else it is called, or where it leads. */
  note: string;
  /** The model that it is another name of; empty when it is none. */
  aliasOf: string;
  /** Null for what has none of its own. */
  state: ModelState | null;
  context: number;
}

export interface Group {
  kind: GroupKind;
  choices: Choice[];
}

export interface Known {
  /** What must be able to do one of `capabilities` stands first; none means that all can. */
  capabilities: readonly string[];
  /** What the names of the active profile stand for. */
  pins: Readonly<Record<string, string>>;
  /** How it is with a model of this server; empty when that is not known. */
  stateOf: (id: string) => ModelState;
}

/** Everything that is listed, in groups; those without a choice are left out. */
export function groupsOf(listed: readonly Listed[], known: Known): Group[] {
  const groups = new Map(ORDER.map((kind): [GroupKind, Choice[]] => [kind, []]));
  for (const each of listed) {
    const kind = kindOf(each, known.capabilities);
    if (kind !== null) groups.get(kind)?.push(...choicesOf(each, kind, known));
  }
  return [...groups].map(([kind, choices]) => ({ kind, choices })).filter(({ choices }) => choices.length > 0);
}

/** Those of `groups` that have every word of `text` in a name; what a model's alias matches, leaves its alias alone. */
export function matching(groups: readonly Group[], text: string): Group[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ id, note, aliasOf }: Choice): boolean => {
    const names = `${id} ${note} ${aliasOf}`.toLowerCase();
    return wanted.every((word) => names.includes(word));
  };
  return groups.map(({ kind, choices }) => ({ kind, choices: choices.filter(fits) })).filter(({ choices }) => choices.length > 0);
}

/** The choice called `id`, wherever it stands. */
export function choiceCalled(groups: readonly Group[], id: string): Choice | undefined {
  return groups.flatMap(({ choices }) => choices).find((choice) => choice.id === id);
}

/** Whether the model called `id` (or the one that this is an alias of) says that it can do one of `capabilities`. */
export function isAble(listed: readonly Listed[], id: string, ...capabilities: string[]): boolean {
  const found = modelCalled(listed, id);
  return found !== undefined && can(found, capabilities);
}

/** Whether that model says what it can do, and `capability` is not among it. */
export function lacks(listed: readonly Listed[], id: string, capability: string): boolean {
  const found = modelCalled(listed, id);
  return found?.capabilities !== undefined && !can(found, [capability]);
}

function modelCalled(listed: readonly Listed[], id: string): Listed | undefined {
  const own = listed.find((each) => each.id === id && each.meta?.llamaswap?.type !== "alias");
  return own ?? listed.find((each) => each.meta?.llamaswap?.aliases?.includes(id));
}

function kindOf(each: Listed, capabilities: readonly string[]): GroupKind | null {
  switch (each.meta?.llamaswap?.type) {
    case "alias":
      return null; // it stands below its model
    case "peer":
    case "selector":
    case "profile":
      return each.meta.llamaswap.type;
    default:
      return capabilities.length > 0 && can(each, capabilities) ? "matching" : "local";
  }
}

function can(each: Listed, capabilities: readonly string[]): boolean {
  return capabilities.some((name) => each.capabilities?.[name] === true);
}

function choicesOf(each: Listed, kind: GroupKind, { pins, stateOf }: Known): Choice[] {
  const { aliases = [], strategy = "", targets = [] } = each.meta?.llamaswap ?? {};
  const state = kind === "matching" || kind === "local" ? stateOf(each.id) || told(each) : null;
  const name = each.name && each.name !== each.id ? each.name : "";
  const notes = { profile: arrow(ownOf(pins, each.id) ?? ""), selector: `${strategy} ${arrow(targets.join(", "))}`, matching: name, local: name, peer: name };
  const own: Choice = { id: each.id, note: notes[kind].trim(), aliasOf: "", state, context: each.context_length ?? 0 };
  return [own, ...aliases.map((alias): Choice => ({ id: alias, note: "", aliasOf: each.id, state, context: 0 }))];
}

function arrow(to: string): string {
  return to ? `→ ${to}` : "";
}

/** What the list itself says, for those who may not follow the events. */
function told(each: Listed): ModelState {
  return each.status?.value === "loaded" ? "ready" : "stopped";
}
