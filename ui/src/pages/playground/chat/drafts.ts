/** What is being written, by conversation: it stays when one looks elsewhere, and its text when the page is loaded again. */

import { signal, type Signal } from "@preact/signals";
import { PREFIX } from "../../../lib/prefix";
import type { Attachment } from "./conversation";

export interface Draft {
  text: Signal<string>;
  attachments: Signal<readonly Attachment[]>;
  /** How many files are being read, to be attached. */
  reading: Signal<number>;
}

const drafts = new Map<string, Draft & { end: () => void }>();
const NAME = `${PREFIX}chat.draft.`;
/** ms until what is typed is kept. */
const PAUSE = 300;

/** The draft for a conversation; for a new one the ID is empty. */
export function draftOf(conversation: string): Draft {
  const known = drafts.get(conversation);
  if (known) return known;
  const draft: Draft = { text: signal(read(NAME + conversation)), attachments: signal([]), reading: signal(0) };
  drafts.set(conversation, { ...draft, end: keeping(NAME + conversation, draft.text) });
  return draft;
}

/** Forget the draft for a conversation that is no more. */
export function dropDraft(conversation: string): void {
  drafts.get(conversation)?.end();
  drafts.delete(conversation);
  write(NAME + conversation, "");
}

/** Keep `text` as it changes; the returned function ends that. */
function keeping(name: string, text: Signal<string>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = text.subscribe((typed) => {
    clearTimeout(timer);
    timer = setTimeout(() => write(name, typed), PAUSE);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
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
