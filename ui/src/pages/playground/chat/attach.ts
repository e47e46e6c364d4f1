/** Reading files that are to be attached. */

import { say } from "../../../parts/toasts";
import { kindOf, sift } from "./attachments";
import { newId } from "./chat";
import type { Attachment } from "./conversation";
import type { Draft } from "./drafts";
import { t } from "./words";

/** Attach `files` to a draft, and say why some are not. Never rejects. */
export async function attach(draft: Draft, files: readonly File[]): Promise<void> {
  const { taken, refused } = sift(files, draft.attachments.peek().length + draft.reading.peek());
  for (const { name, why } of refused) say("bad", t.refused(name, why));
  draft.reading.value += taken.length;
  const read = await Promise.all(taken.map(readFile));
  draft.reading.value -= taken.length;
  draft.attachments.value = [...draft.attachments.peek(), ...read.filter((each) => each !== null)];
}

async function readFile(file: File): Promise<Attachment | null> {
  const kind = kindOf(file);
  try {
    const data = kind === "image" ? await asDataUrl(file) : await file.text();
    return kind === null ? null : { id: newId(), name: file.name, type: file.type, size: file.size, kind, data };
  } catch {
    say("bad", t.unreadable(file.name));
    return null;
  }
}

function asDataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => (typeof reader.result === "string" ? resolve(reader.result) : reject(new Error("not read")));
    reader.onerror = () => reject(reader.error ?? new Error("not read"));
    reader.readAsDataURL(file);
  });
}
