/** The conversations of this browser as this tab knows them, and what keeps them and other tabs up to date. */

import { signal, type Signal } from "@preact/signals";
import { PREFIX } from "../../../lib/prefix";
import { say } from "../../../parts/toasts";
import { messageOf } from "../../../server/api";
import type { Conversation, Message, Thread } from "./conversation";
import { dropDraft } from "./drafts";
import * as shelf from "./shelf";
import { t } from "./words";

/** Null until they have been read. */
export const conversations = signal<readonly Conversation[] | null>(null);

const threads = new Map<string, Signal<Thread | null>>();
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${PREFIX}chat`);
/** Messages that only this tab knows so far: what another one has written does not take them away. */
const ours = new Set<string>();

/** Read what there is, once. Never rejects. */
export async function readConversations(): Promise<void> {
  if (conversations.peek() !== null) return;
  conversations.value = await tried(shelf.allConversations(), []);
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
  void tried(shelf.keep(conversation), undefined).then(() => tell(conversation.id));
}

/** Have messages of a conversation as they are now; they are written only when they are not `growing`. */
export function putMessages(conversation: string, messages: readonly Message[], growing = false): void {
  const thread = threadOf(conversation);
  thread.value = new Map([...(thread.peek() ?? []), ...messages.map((each): [string, Message] => [each.id, each])]);
  for (const { id } of messages) {
    if (growing) ours.add(id);
    else ours.delete(id);
  }
  if (!growing) void tried(shelf.keepMessages(messages), undefined).then(() => tell(conversation));
}

/** Write what has come of an answer so far, as the page may go. Where that cannot be, its end will say so. */
export function keepUnfinished(message: Message): void {
  void shelf.keepMessages([message]).catch(() => undefined);
}

export function removeMessages(conversation: string, ids: readonly string[]): void {
  const thread = threadOf(conversation);
  const gone = new Set(ids);
  thread.value = new Map([...(thread.peek() ?? [])].filter(([id]) => !gone.has(id)));
  void tried(shelf.dropMessages(ids), undefined).then(() => tell(conversation));
}

/** Take a conversation out; resolves to its messages. */
export async function remove(id: string): Promise<readonly Message[]> {
  conversations.value = (conversations.peek() ?? []).filter((each) => each.id !== id);
  const messages = await tried(shelf.messagesOf(id), []);
  release(id);
  await tried(shelf.drop(id), undefined);
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
  for (const message of threads.get(id)?.peek()?.keys() ?? []) ours.delete(message);
  threads.delete(id);
  dropDraft(id);
}

async function readThread(id: string, thread: Signal<Thread | null>): Promise<void> {
  const messages = await tried(shelf.messagesOf(id), []);
  const own = [...(thread.peek() ?? [])].filter(([each]) => ours.has(each));
  thread.value = new Map([...messages.map((each): [string, Message] => [each.id, each]), ...own]);
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
  if (conversations.peek() !== null) conversations.value = await tried(shelf.allConversations(), conversations.peek() ?? []);
  const thread = threads.get(id);
  if (conversations.peek() !== null && !conversationCalled(id)) release(id);
  else if (thread) await readThread(id, thread);
}

tabs?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  if (typeof data === "string") void hear(data);
});
