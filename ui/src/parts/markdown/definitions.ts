/**
 * What blocks of a text have in common: where links by reference lead to, and the numbers of footnotes. Labels may be any text, also the
 * names of what every object has (`constructor`).
 */

import type { Block } from "./split";

export interface Definitions {
  /** Addresses, by the label in lower case. */
  links: Readonly<Record<string, string>>;
  /** Numbers of footnotes, by label, in the order in which the text refers to them. */
  notes: Readonly<Record<string, number>>;
}

/** Definitions that a text has at most; more are not looked at. */
const MOST = 500;

/** What one block brings. */
interface Found {
  links: readonly [label: string, address: string][];
  defined: readonly string[];
  referred: readonly string[];
}

const NOTHING: Found = { links: [], defined: [], referred: [] };
/** Finished blocks stay the same, and so does what is in them. */
const known = new WeakMap<Block, Found>();

/** All definitions of `blocks`. */
export function definitionsOf(blocks: readonly Block[]): Definitions {
  const all = blocks.map(foundIn);
  const links = all.flatMap((found) => found.links).slice(0, MOST);
  const defined = new Set(all.flatMap((found) => found.defined));
  const notes = [...new Set(all.flatMap((found) => found.referred))].filter((label) => defined.has(label)).slice(0, MOST);
  return { links: bare(links.reverse()), notes: bare(notes.map((label, index) => [label, index + 1])) };
}

/** An object that has nothing but these. */
function bare<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const made = Object.fromEntries(entries);
  Object.setPrototypeOf(made, null);
  return made;
}

function foundIn(block: Block): Found {
  const before = known.get(block);
  if (before) return before;
  const found = block.kind === "prose" && block.source.includes("]") ? search(block.source) : NOTHING;
  known.set(block, found);
  return found;
}

function search(source: string): Found {
  const links = [...source.matchAll(/^ {0,3}\[([^\]^[\n]{1,200})\]:[ \t]*<?([^\s<>]+)>?/gm)];
  const notes = [...source.matchAll(/\[\^([^\]\s]{1,60})\](:?)/g)];
  const labels = (colon: string): string[] => notes.filter((note) => note[2] === colon).map(([, label = ""]) => label);
  return { links: links.map(([, label = "", address = ""]) => [normal(label), address]), defined: labels(":"), referred: labels("") };
}

function normal(label: string): string {
  return label.trim().toLowerCase().replace(/\s+/g, " ");
}

/** What of `definitions` (as JSON) matters to a block: only what has a bracket refers to anything. */
export function matters(source: string, definitions: string): string {
  return source.includes("[") ? definitions : "";
}
