/** The file that is being edited: its text, the draft, what the server says of it, and how it is applied. */

import { computed, effect, signal } from "@preact/signals";
import { ApiError } from "../../server/api";
import { shut } from "../../server/session";
import type { Schemas } from "../../server/types";
import { draftOf, fromField, isCrLf, keepDraft, tabShelf, toField } from "./draft";
import { askWithKey } from "./key";
import { faultsIn } from "./problems";
import { read } from "./shown";

type Checked = Schemas["ConfigurationChecked"];
type Saved = Schemas["ConfigurationSaved"];

/** A file as the server holds it, its text as a text field does. */
interface Original {
  id: string;
  path: string;
  text: string;
  hash: string;
  crLf: boolean;
}

/** Milliseconds of silence after which a text is checked. */
const SILENCE = 500;

export const original = signal<Original | null>(null);
/** What was read last could not be read. */
export const openTrouble = signal<unknown>(null);
/** What stands in the field. */
export const text = signal("");
/** The version of the file that the text was made from. */
const basedOn = signal("");
/** What the server said, and of which text. */
const verdict = signal<{ of: string; checked: Checked } | null>(null);
export const checking = signal(false);
export const checkTrouble = signal<unknown>(null);
/** Whether the browser keeps the draft. */
export const kept = signal(true);
export const saving = signal(false);

export const changed = computed(() => original.value !== null && text.value !== original.value.text);
/** Somebody else has written the file since. */
export const conflict = computed(() => changed.value && original.value !== null && basedOn.value !== original.value.hash);
/** What the server said of the text as it is now; null while that is not known. */
export const checked = computed(() => (verdict.value?.of === text.value ? verdict.value.checked : null));
export const faults = computed(() => faultsIn(original.value?.path ?? "", checked.value?.errors ?? []));
/** The ID of the file whose changes are looked at before they are applied; empty: none. */
export const reviewed = signal("");
/** It can be applied. */
export const ready = computed(() => changed.value && !conflict.value && (checked.value?.ok ?? false));

let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;
let opening: AbortController | undefined;

/** Read the file, and take up a draft of it, unless another is opened or all is closed meanwhile. Never rejects. */
export async function open(id: string): Promise<void> {
  opening?.abort();
  const { signal: over } = (opening = new AbortController());
  try {
    const path = `api/config/files/${encodeURIComponent(id)}`;
    const file = await askWithKey<Schemas["ConfigurationText"]>("GET", path, { signal: over });
    if (over.aborted) return;
    takeUp(id, file);
    if (changed.value) await check();
  } catch (error) {
    if (!over.aborted) openTrouble.value = error;
  }
}

function takeUp(id: string, file: Schemas["ConfigurationText"]): void {
  const field = toField(file.text);
  const draft = draftOf(tabShelf(), id);
  const differs = draft !== null && draft.text !== field;
  original.value = { id, path: file.path, text: field, hash: file.hash, crLf: isCrLf(file.text) };
  text.value = differs ? draft.text : field;
  basedOn.value = differs ? draft.hash : file.hash;
  openTrouble.value = null;
  if (!differs) keepDraft(tabShelf(), id, null);
}

/** The user has typed. */
export function type(typed: string): void {
  text.value = typed;
  keep();
  clearTimeout(timer);
  timer = setTimeout(() => void check(), SILENCE);
}

/** Ask the server what it says of the text. Never rejects. */
export async function check(): Promise<void> {
  clearTimeout(timer);
  asking?.abort();
  const file = original.value;
  if (!file) return;
  const of = text.value;
  const own = (asking = new AbortController());
  checking.value = true;
  try {
    const files = { [file.id]: fromField(of, file.crLf) };
    const answer = await askWithKey<Checked>("POST", "api/config/check", { body: { files }, signal: own.signal });
    if (own.signal.aborted) return;
    verdict.value = { of, checked: answer };
    checkTrouble.value = null;
  } catch (error) {
    if (!own.signal.aborted) checkTrouble.value = error;
  } finally {
    if (asking === own) checking.value = false;
  }
}

/** Take what the file holds in place of the draft. */
export function discard(): void {
  if (!original.value) return;
  text.value = original.value.text;
  basedOn.value = original.value.hash;
  keepDraft(tabShelf(), original.value.id, null);
}

/** Let the draft be one of the file as it is now. */
export function keepOnTop(): void {
  basedOn.value = original.value?.hash ?? "";
  keep();
  void check();
}

/** What came of applying: `stale` is somebody else's newer version, of which the page knows now. */
export type Outcome = "applied" | "refused" | "not in force" | "stale";

/** Write the text, and have it read. Rejects with an `ApiError` for what is none of the outcomes. */
export async function save(): Promise<Outcome> {
  const file = original.value;
  if (!file) return "refused";
  const of = text.value;
  saving.value = true;
  try {
    const body = { text: fromField(of, file.crLf), hash: basedOn.value };
    const saved = await askWithKey<Saved>("PUT", `api/config/files/${encodeURIComponent(file.id)}`, { body });
    written(file.id, of, saved);
    return "applied";
  } catch (error) {
    return await refused(error, file.id, of);
  } finally {
    saving.value = false;
    void read();
  }
}

async function refused(error: unknown, id: string, of: string): Promise<Outcome> {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 409) {
    if (isOpen(id)) await open(id);
    return "stale";
  }
  if (error.status !== 422 || !isSaved(error.body)) throw error;
  if (error.body.saved) written(id, of, error.body);
  if (isOpen(id)) verdict.value = { of, checked: error.body };
  return error.body.saved ? "not in force" : "refused";
}

/** Meanwhile another file may have been opened, or somebody may have logged out. */
function isOpen(id: string): boolean {
  return original.peek()?.id === id;
}

function written(id: string, of: string, saved: Saved): void {
  const file = original.value;
  if (file?.id !== id) return;
  original.value = { ...file, text: of, hash: saved.hash ?? file.hash };
  basedOn.value = original.value.hash;
  if (changed.value) keep();
  else keepDraft(tabShelf(), file.id, null);
}

function keep(): void {
  const file = original.value;
  if (file) kept.value = keepDraft(tabShelf(), file.id, changed.value ? { text: text.value, hash: basedOn.value } : null);
}

function isSaved(body: unknown): body is Saved {
  return typeof body === "object" && body !== null && "saved" in body && "errors" in body;
}

/** Forget the text, and what is under way; a draft is still kept by the browser. */
export function close(): void {
  clearTimeout(timer);
  opening?.abort();
  asking?.abort();
  if (isOpen(reviewed.peek())) reviewed.value = "";
  original.value = null;
  verdict.value = null;
  openTrouble.value = checkTrouble.value = null;
  text.value = basedOn.value = "";
}

effect(() => {
  if (shut.value) close();
});
