/** What blocks of a text have in common: where links by reference lead to, and the numbers of footnotes. */

import type { Block } from "./split";

export interface Definitions {
  /** Addresses, by the label in lower case. */
  links: Readonly<Record<string, string>>;
  /** Numbers of footnotes, by label, in the order in which the text refers to them. */
  notes: Readonly<Record<string, number>>;
}

/** Definitions that a text has at most; more are not looked at. */
const MOST = 500;

/** All definitions of `blocks`. */
export function definitionsOf(blocks: readonly Block[]): Definitions {
  const links: Record<string, string> = {};
  const defined = new Set<string>();
  const referred: string[] = [];
  for (const { kind, source } of blocks) {
    if (kind !== "prose" || !source.includes("]")) continue;
    for (const [, label = "", address = ""] of source.matchAll(/^ {0,3}\[([^\]^[\n]{1,200})\]:[ \t]*<?([^\s<>]+)>?/gm)) {
      if (Object.keys(links).length < MOST) links[label.trim().toLowerCase().replace(/\s+/g, " ")] ??= address;
    }
    for (const [, label = "", colon = ""] of source.matchAll(/\[\^([^\]\s]{1,60})\](:?)/g)) {
      if (colon) defined.add(label);
      else if (referred.length < MOST) referred.push(label);
    }
  }
  const notes = [...new Set(referred)].filter((label) => defined.has(label));
  return { links, notes: Object.fromEntries(notes.map((label, index) => [label, index + 1])) };
}

/** What of `definitions` matters to a block, as a word to compare. */
export function matters(source: string, definitions: Definitions): string {
  return source.includes("[") ? JSON.stringify(definitions) : "";
}
