/**
 * What somebody has typed and not applied. It outlives a reload of the page and a restart of the server, but not the tab:
 * the text may hold secrets.
 */

import { PREFIX } from "../../lib/prefix";

export interface Draft {
  text: string;
  /** Of the version of the file that it was made from. */
  hash: string;
}

/** Where drafts are kept. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** That of this tab; where it is forbidden, one that keeps nothing. */
export function tabShelf(): Shelf {
  try {
    return sessionStorage;
  } catch {
    return NONE;
  }
}

const NONE: Shelf = {
  getItem: () => null,
  setItem: () => {
    throw new Error("nothing can be kept");
  },
  removeItem: () => undefined,
};

const name = (id: string): string => `${PREFIX}draft.${id}`;

/** The draft of the file, if there is one. */
export function draftOf(shelf: Shelf, id: string): Draft | null {
  try {
    const value: unknown = JSON.parse(shelf.getItem(name(id)) ?? "null");
    return isDraft(value) ? { text: value.text, hash: value.hash } : null;
  } catch {
    return null;
  }
}

/** Keep `draft`, or with null none. Returns whether it could be kept. */
export function keepDraft(shelf: Shelf, id: string, draft: Draft | null): boolean {
  try {
    if (draft) shelf.setItem(name(id), JSON.stringify(draft));
    else shelf.removeItem(name(id));
    return true;
  } catch {
    return false;
  }
}

function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && "text" in value && "hash" in value && typeof value.text === "string" && typeof value.hash === "string";
}

/** How a file ends its lines. A text field knows one way only, so the other is put back when the text is sent. */
export function isCrLf(text: string): boolean {
  return text.includes("\r\n");
}

/** `text` as a text field holds it. */
export function toField(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/** `text` of a text field as the file holds it. */
export function fromField(text: string, crLf: boolean): string {
  return crLf ? text.replace(/\n/g, "\r\n") : text;
}
