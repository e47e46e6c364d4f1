/**
 * Conversations: trees of messages. Another version of a question or of an answer is a sibling of the first; what is shown is the
 * path from the root to one leaf.
 */

export interface Attachment {
  id: string;
  name: string;
  /** Media type. */
  type: string;
  /** Bytes of the file. */
  size: number;
  kind: "image" | "text";
  /** A `data:` URL of an image; the text of a text file. */
  data: string;
}

export interface ToolCall {
  id: string;
  name: string;
  /** JSON, as far as it was told. */
  arguments: string;
}

/** What an answer took, as far as it is known; times in ms, speeds in tokens a second. */
export interface Statistics {
  promptTokens: number | null;
  cachedTokens: number | null;
  generatedTokens: number | null;
  promptSpeed: number | null;
  generationSpeed: number | null;
  /** Speeds were measured here, not told by the engine. */
  measured: boolean;
  firstToken: number | null;
  total: number;
}

export type Ending = "streaming" | "done" | "cancelled" | "failed";

export interface Message {
  id: string;
  conversation: string;
  parent: string | null;
  role: "user" | "assistant";
  /** ms since the epoch. */
  created: number;
  text: string;
  attachments: readonly Attachment[];
  reasoning: string;
  /** ms that the model has reasoned; null while it does, or when it does not. */
  reasonedFor: number | null;
  tools: readonly ToolCall[];
  model: string;
  ending: Ending;
  /** What went wrong; never part of the text, never sent. */
  error: string;
  /** Why the model stopped, in the engine's word. */
  finish: string;
  statistics: Statistics | null;
}

export interface Conversation {
  id: string;
  title: string;
  created: number;
  updated: number;
  model: string;
  /** The leaf that is shown. */
  leaf: string | null;
}

export type Thread = ReadonlyMap<string, Message>;

const LONGEST_TITLE = 60;

/** The messages from the first to `leaf`. */
export function pathTo(thread: Thread, leaf: string | null): Message[] {
  const path = new Set<Message>();
  for (let at = leaf === null ? undefined : thread.get(leaf); at && !path.has(at); at = at.parent === null ? undefined : thread.get(at.parent)) path.add(at);
  return [...path].reverse();
}

/** All versions of `message`, the oldest first. */
export function versionsOf(thread: Thread, { parent, role }: Message): Message[] {
  return sorted([...thread.values()].filter((each) => each.parent === parent && each.role === role));
}

/** The end of the newest path through `id`; of messages in a ring, the last before it closes. */
export function newestLeaf(thread: Thread, id: string): string {
  const children = new Map<string, Message>();
  for (const message of sorted([...thread.values()])) if (message.parent !== null) children.set(message.parent, message);
  const path = new Set([id]);
  let at = id;
  for (let next = children.get(at); next && !path.has(next.id); next = children.get(at)) path.add((at = next.id));
  return at;
}

/** `id` and everything that follows from it, each behind what it follows from. */
export function subtree(thread: Thread, id: string): Message[] {
  const children = childrenIn(thread.values());
  const found = new Set([thread.get(id)].filter((each) => each !== undefined));
  for (const message of found) for (const each of children.get(message.id) ?? []) found.add(each);
  return [...found];
}

/** By the IDs of parents: what follows from each; by null, what follows from nothing. */
export function childrenIn(messages: Iterable<Message>): Map<string | null, Message[]> {
  const children = new Map<string | null, Message[]>();
  for (const message of messages) {
    const siblings = children.get(message.parent);
    if (siblings) siblings.push(message);
    else children.set(message.parent, [message]);
  }
  return children;
}

/** The end of the newest conversation in `thread`. */
export function newestOf(thread: Thread): string | null {
  const root = sorted([...thread.values()].filter(({ parent }) => parent === null)).at(-1);
  return root ? newestLeaf(thread, root.id) : null;
}

/** The leaf that is shown: that of the conversation; or the newest, where it is not there, as one that was never written. */
export function leafIn(thread: Thread, { leaf }: Conversation): string | null {
  return leaf !== null && thread.has(leaf) ? leaf : newestOf(thread);
}

/** What to show when `id` is taken out: another version of it, or what was before it. */
export function leafWithout(thread: Thread, id: string): string | null {
  const message = thread.get(id);
  if (!message) return null;
  const other = versionsOf(thread, message).filter((each) => each.id !== id).at(-1);
  return other ? newestLeaf(thread, other.id) : message.parent;
}

/** The title of a conversation that begins with `text`. */
export function titleFrom(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  const letters = Array.from(line.replace(/\s+/g, " "));
  return letters.length <= LONGEST_TITLE ? letters.join("") : `${letters.slice(0, LONGEST_TITLE - 1).join("").trimEnd()}…`;
}

/** Those of `conversations` that have every word of `text` in their title, the latest first. */
export function searched(conversations: readonly Conversation[], text: string): Conversation[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ title }: Conversation): boolean => wanted.every((word) => title.toLowerCase().includes(word));
  return conversations.filter(fits).sort((one, other) => other.updated - one.updated);
}

function sorted(messages: Message[]): Message[] {
  return messages.sort((one, other) => one.created - other.created || (one.id < other.id ? -1 : 1));
}
