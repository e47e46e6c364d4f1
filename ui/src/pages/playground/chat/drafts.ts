/** What is being written, by conversation: it stays when one looks elsewhere, and its text when the page is loaded again. */

import { signal, type Signal } from "@preact/signals";
import { PREFIX } from "../../../lib/prefix";
import type { Attachment } from "./conversation";

export interface Draft {
  text: Signal<string>;
  attachments: Signal<readonly Attachment[]>;
}

const drafts = new Map<string, Draft>();
const NAME = `${PREFIX}chat.draft.`;
/** ms until what is typed is kept. */
const PAUSE = 300;

/** The draft for a conversation; for a new one the ID is empty. */
export function draftOf(conversation: string): Draft {
  const known = drafts.get(conversation);
  if (known) return known;
  const draft: Draft = { text: signal(read(NAME + conversation)), attachments: signal([]) };
  drafts.set(conversation, draft);
  let timer: ReturnType<typeof setTimeout> | undefined;
  draft.text.subscribe((text) => {
    clearTimeout(timer);
    timer = setTimeout(() => write(NAME + conversation, text), PAUSE);
  });
  return draft;
}

function read(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

function write(name: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(name, text);
    else sessionStorage.removeItem(name);
  } catch {
    // Without a storage a draft lives as long as the page.
  }
}
