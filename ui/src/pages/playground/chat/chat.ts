/** What one does in a chat: ask, ask again, edit, go on, delete. */

import { signal } from "@preact/signals";
import { say } from "../../../parts/toasts";
import { begin, conversationCalled, keepUnfinished, put, putGrowing, putMessages, remove, removeMessages, restore, threadOf } from "./conversations";
import { leafIn, leafWithout, newestLeaf, pathTo, subtree, titleFrom, type Attachment, type Conversation, type Message } from "./conversation";
import { turnsOf } from "./history";
import { PROTOCOLS } from "./protocols";
import { Run } from "./run";
import { samplingNow, settings } from "./settings";
import { t } from "./words";

/** ms after which an answer under way is written once more, longer in a hidden tab: what came since then is lost when the page goes. */
const KEEPING = 1000;

/** Answers under way, by their conversation. */
export const runs = signal<ReadonlyMap<string, Run>>(new Map());

export interface Asked {
  text: string;
  attachments: readonly Attachment[];
  model: string;
}

/** Ask in the conversation called `id`, or in a new one when that is empty. Returns the conversation's ID. */
export function send(id: string, { text, attachments, model }: Asked): string {
  const conversation = conversationCalled(id) ?? newConversation(text || (attachments[0]?.name ?? ""), model);
  const before = leafIn(threadOf(conversation.id).peek() ?? new Map(), conversation);
  const question = newMessage(conversation, before, "user", model, { text, attachments });
  putMessages(conversation.id, [question]);
  answer({ ...conversation, leaf: question.id }, model);
  return conversation.id;
}

/** Ask with another text in place of `question`; what was before stays as another version. */
export function edit(question: Message, text: string, model: string): void {
  const conversation = conversationCalled(question.conversation);
  if (!conversation || text === question.text) return;
  const other = newMessage(conversation, question.parent, "user", model, { text, attachments: question.attachments });
  putMessages(conversation.id, [other]);
  answer({ ...conversation, leaf: other.id }, model);
}

/** Have the question of `old` answered again. */
export function regenerate(old: Message, model: string): void {
  const conversation = conversationCalled(old.conversation);
  if (conversation) answer({ ...conversation, leaf: old.parent }, model);
}

/** Have `message` gone on with. */
export function goOn(message: Message, model: string): void {
  const conversation = conversationCalled(message.conversation);
  if (conversation) follow(conversation, message, model);
}

/** Show the version of a message that is called `id`. */
export function choose(conversation: Conversation, id: string): void {
  put({ ...conversation, leaf: newestLeaf(threadOf(conversation.id).peek() ?? new Map(), id) });
}

export function rename(conversation: Conversation, title: string): void {
  const cleaned = titleFrom(title);
  if (cleaned) put({ ...conversation, title: cleaned });
}

/** Take a message out with everything that follows from it; it can be undone. */
export function deleteMessage(message: Message): void {
  const conversation = conversationCalled(message.conversation);
  const thread = threadOf(message.conversation).peek();
  if (!conversation || !thread) return;
  cancel(conversation.id);
  const gone = subtree(thread, message.id);
  put({ ...conversation, leaf: leafWithout(thread, message.id) });
  removeMessages(conversation.id, gone.map(({ id }) => id));
  const undo = (): void => {
    putMessages(conversation.id, gone);
    put(conversation);
  };
  say("good", t.messageDeleted(gone.length), { undo });
}

/** Take a conversation out; it can be undone. */
export async function deleteConversation(conversation: Conversation): Promise<void> {
  cancel(conversation.id);
  const messages = await remove(conversation.id);
  say("good", t.conversationDeleted(conversation.title), { undo: () => restore(conversation, messages) });
}

export function cancel(conversation: string): void {
  runs.peek().get(conversation)?.cancel();
}

/** The body of the request that would be, or was, sent for the path to `leaf`. */
export function bodyFor(conversation: string, leaf: string | null, model: string): { path: string; body: unknown } {
  const protocol = PROTOCOLS[settings.protocol.value];
  const turns = turnsOf(pathTo(threadOf(conversation).peek() ?? new Map(), leaf));
  return { path: protocol.path, body: protocol.body({ model, turns, sampling: samplingNow() }) };
}

function answer(conversation: Conversation, model: string): void {
  follow(conversation, newMessage(conversation, conversation.leaf, "assistant", model, {}), model);
}

/** Have the server write `message`, behind what it has already. */
function follow(conversation: Conversation, message: Message, model: string): void {
  const leaf = message.text === "" ? message.parent : message.id;
  const { body } = bodyFor(conversation.id, leaf, model);
  const run = new Run(PROTOCOLS[settings.protocol.value], body, { ...message, model });
  put({ ...conversation, leaf: message.id, updated: Date.now(), model });
  putGrowing(run.message.peek());
  runs.value = new Map([...runs.peek(), [conversation.id, run]]);
  let kept: Message | undefined;
  const keep = (): void => {
    const now = run.message.peek();
    if (now !== kept && isThere(now)) keepUnfinished({ ...now, ending: "cancelled" });
    kept = now;
  };
  keep();
  const keeping = setInterval(keep, KEEPING);
  void run.start().then((ended) => {
    clearInterval(keeping);
    runs.value = new Map([...runs.peek()].filter(([, each]) => each !== run));
    if (isThere(ended)) putMessages(conversation.id, [ended]);
  });
}

/** Whether nobody has taken `message` out. */
function isThere({ id, conversation }: Message): boolean {
  return conversationCalled(conversation) !== undefined && (threadOf(conversation).peek()?.has(id) ?? false);
}

function newConversation(text: string, model: string): Conversation {
  const now = Date.now();
  const conversation: Conversation = { id: newId(), title: titleFrom(text), created: now, updated: now, model, leaf: null };
  begin(conversation);
  return conversation;
}

function newMessage(conversation: Conversation, parent: string | null, role: Message["role"], model: string, more: Partial<Message>): Message {
  return {
    id: newId(),
    conversation: conversation.id,
    parent,
    role,
    created: Date.now(),
    text: "",
    attachments: [],
    reasoning: "",
    reasonedFor: null,
    tools: [],
    model,
    ending: "done",
    error: "",
    finish: "",
    statistics: null,
    ...more,
  };
}

/** An ID; plain HTTP has no `randomUUID`. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
