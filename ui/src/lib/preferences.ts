/** All preferences that the browser keeps, as a document to take elsewhere. */

import { isRecord } from "./json";
import { PREFIX } from "./prefix";
import { allKept } from "./stored";

/** What says that a document is one of ours. */
const FORMAT = PREFIX.replace(/\.$/, "");
/** Characters of a document that is taken in; preferences are much shorter. */
const LONGEST = 1_000_000;

/** The preferences of `shelf`, as the text of a file. */
export function exported(shelf: Storage): string {
  return `${JSON.stringify({ format: FORMAT, areas: allKept(shelf) }, null, 2)}\n`;
}

/**
 * Let `shelf` hold the preferences of `text` in place of its own. Returns whether it is such a document; else nothing has
 * changed. What a page cannot use of it, it does not use.
 */
export function imported(shelf: Storage, text: string): boolean {
  const areas = areasIn(text);
  if (!areas) return false;
  forget(shelf);
  for (const [area, values] of areas) shelf.setItem(PREFIX + area, JSON.stringify(values));
  return true;
}

/** Keep nothing of ours any more. */
export function forget(shelf: Storage): void {
  for (const name of Object.keys(shelf)) if (name.startsWith(PREFIX)) shelf.removeItem(name);
}

/** Keep nothing in this tab any more. */
export function forgetTab(): void {
  try {
    forget(sessionStorage);
  } catch {
    // A storage that is forbidden keeps nothing.
  }
}

function areasIn(text: string): [string, object][] | null {
  if (text.length > LONGEST) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value["format"] !== FORMAT || !isRecord(value["areas"])) return null;
    const areas = Object.entries(value["areas"]);
    return areas.every((area): area is [string, Record<string, unknown>] => isRecord(area[1])) ? areas : null;
  } catch {
    return null;
  }
}
