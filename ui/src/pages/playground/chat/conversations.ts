/** The conversations of this browser as this tab knows them, and what keeps them and other tabs up to date. */

import { signal, type Signal } from "@preact/signals";
import { PREFIX } from "../../../lib/prefix";
import { say } from "../../../parts/toasts";
import { messageOf } from "../../../server/api";
import type { Conversation, Message, Thread } from "./conversation";
import { dropDraft } from "./drafts";
import * as shelf from "./shelf";
import { Unwritten } from "./unwritten";
import { t } from "./words";

/** Null until they have been read, or one has begun here. */
export const conversations = signal<readonly Conversation[] | null>(null);

const threads = new Map<string, Signal<Thread | null>>();
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${PREFIX}chat`);
const unwritten = new Unwritten();
/** Answers that grow, by their ID, and what ends that: only this tab knows how far they have come. */
const growing = new Map<string, () => void>();
/** Whether they are being read, or were. */
let read = false;

/** Read what there is, once. Never rejects. */
export async function readConversations(): Promise<void> {
  if (read) return;
  read = true;
  await readAll([]);
}

export function conversationCalled(id: string): Conversation | undefined {
  return conversations.value?.find((each) => each.id === id);
}

/** The messages of a conversation; null until they have been read. */
export function threadOf(id: string): Signal<Thread | null> {
  const known = threads.get(id);
  if (known) return known;
  const thread = signal<Thread | null>(null);
  threads.set(id, thread);
  void readThread(id, thread);
  return thread;
}

/** A conversation that begins now. */
export function begin(conversation: Conversation): void {
  threads.set(conversation.id, signal<Thread | null>(new Map()));
  put(conversation);
}

/** Have a conversation as it is now. */
export function put(conversation: Conversation): void {
  const others = (conversations.peek() ?? []).filter(({ id }) => id !== conversation.id);
  conversations.value = [...others, conversation];
  void written([conversation.id], shelf.keep(conversation)).then(() => tell(conversation.id));
}

/** Have messages of a conversation as they are now. */
export function putMessages(conversation: string, messages: readonly Message[]): void {
  show(conversation, messages);
  const ids = messages.map(({ id }) => id);
  void written(ids, shelf.keepMessages(messages)).then(() => tell(conversation));
  ids.forEach(endGrowth);
}

/** Have a message that grows: it is ours, until it is put as it is in the end, or taken out. */
export function putGrowing(message: Message): void {
  show(message.conversation, [message]);
  endGrowth(message.id);
  growing.set(message.id, unwritten.change([message.id]));
}

/** Write what has come of an answer so far, as the page may go. Where that cannot be, its end will say so. */
export function keepUnfinished(message: Message): void {
  void shelf.keepMessages([message]).catch(() => undefined);
}

export function removeMessages(conversation: string, ids: readonly string[]): void {
  const thread = threadOf(conversation);
  const gone = new Set(ids);
  thread.value = new Map([...(thread.peek() ?? [])].filter(([id]) => !gone.has(id)));
  void written(ids, shelf.dropMessages(ids)).then(() => tell(conversation));
  ids.forEach(endGrowth);
}

/** Take a conversation out; resolves to its messages. */
export async function remove(id: string): Promise<readonly Message[]> {
  conversations.value = (conversations.peek() ?? []).filter((each) => each.id !== id);
  const dropped = written([id], shelf.drop(id));
  const messages = await tried(shelf.messagesOf(id), []);
  release(id);
  await dropped;
  tell(id);
  return messages;
}

/** Have a conversation with all its messages, from a file or from before. */
export function restore(conversation: Conversation, messages: readonly Message[]): void {
  begin(conversation);
  putMessages(conversation.id, messages);
}

/** Forget what this tab holds of a conversation that is no more. */
function release(id: string): void {
  for (const message of threads.get(id)?.peek()?.keys() ?? []) endGrowth(message);
  threads.delete(id);
  dropDraft(id);
}

function endGrowth(id: string): void {
  growing.get(id)?.();
  growing.delete(id);
}

function show(conversation: string, messages: readonly Message[]): void {
  const thread = threadOf(conversation);
  thread.value = threadWith([...(thread.peek()?.values() ?? []), ...messages]);
}

function threadWith(messages: readonly Message[]): Thread {
  return new Map(messages.map((each) => [each.id, each]));
}

/** Read all conversations; where that fails they are `otherwise`. */
async function readAll(otherwise: readonly Conversation[]): Promise<void> {
  const found = await tried(shelf.allConversations(), otherwise);
  conversations.value = unwritten.merged(found, conversations.peek() ?? []);
}

async function readThread(id: string, thread: Signal<Thread | null>): Promise<void> {
  const found = await tried(shelf.messagesOf(id), []);
  thread.value = threadWith(unwritten.merged(found, thread.peek()?.values() ?? []));
}

/** Wait for `work`, which writes what is called `ids` as it is here now. Never rejects. */
async function written(ids: readonly string[], work: Promise<unknown>): Promise<void> {
  const end = unwritten.change(ids);
  await tried(work, undefined);
  end();
}

/** What `work` gives, or `otherwise` with a message. */
async function tried<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    say("bad", t.notKept, { detail: messageOf(error) });
    return otherwise;
  }
}

function tell(conversation: string): void {
  tabs?.postMessage(conversation);
}

/** Another tab has changed a conversation. */
async function hear(id: string): Promise<void> {
  if (read) await readAll(conversations.peek() ?? []);
  const thread = threads.get(id);
  if (conversations.peek() !== null && !conversationCalled(id)) release(id);
  else if (thread) await readThread(id, thread);
}

tabs?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  if (typeof data === "string") void hear(data);
});
