/** Conversations as a file that can be read in again. */

import { isRecord, parsed } from "../../../lib/json";
import { childrenIn, type Attachment, type Conversation, type Ending, type Message, type ToolCall } from "./conversation";

const FORM = "llamaswap.chat.v1";
/** Conversations and messages that a file brings at most. */
const MOST = 100_000;

export interface Kept {
  conversation: Conversation;
  messages: readonly Message[];
}

export function exported(kept: readonly Kept[]): string {
  return JSON.stringify({ form: FORM, conversations: kept.map(({ conversation, messages }) => ({ ...conversation, messages })) }, null, 2);
}

/**
 * What is in a file, with IDs of its own by `fresh`, so that it stands beside what is there already. Null when it is no file of this kind;
 * what cannot be used of it is left out.
 */
export function imported(text: string, fresh: () => string): Kept[] | null {
  const file = record(parsed(text));
  if (file?.["form"] !== FORM || !Array.isArray(file["conversations"])) return null;
  const conversations: unknown[] = file["conversations"].slice(0, MOST);
  return conversations.map((each) => one(each, fresh)).filter((each) => each !== null);
}

function one(value: unknown, fresh: () => string): Kept | null {
  const told = record(value);
  if (!told || !Array.isArray(told["messages"])) return null;
  const id = fresh();
  const those = (told["messages"].slice(0, MOST) as unknown[]).map(record).filter((each) => each !== null);
  const ids = new Map(those.map((each): [string, string] => [text(each["id"]), fresh()]));
  const messages = rooted(firsts(those.map((each) => messageIn(each, id, ids)).filter((each) => each !== null)));
  const wanted = ids.get(text(told["leaf"]));
  const leaf = messages.find((each) => each.id === wanted)?.id ?? messages.at(-1)?.id ?? null;
  const conversation = { id, title: text(told["title"]).slice(0, 200), created: time(told["created"]), updated: time(told["updated"]), model: text(told["model"]), leaf };
  return { conversation, messages };
}

/** Those with an ID that none before them has. */
function firsts(messages: readonly Message[]): Message[] {
  const byId = new Map<string, Message>();
  for (const each of messages) if (!byId.has(each.id)) byId.set(each.id, each);
  return [...byId.values()];
}

/** Those that follow, step by step, from one that has no parent here: a ring has no beginning. In the order in which they were told. */
function rooted(messages: readonly Message[]): Message[] {
  const here = new Set(messages.map((each) => each.id));
  const children = childrenIn(messages);
  const found = new Set(messages.filter(({ parent }) => parent === null || !here.has(parent)));
  for (const message of found) for (const each of children.get(message.id) ?? []) found.add(each);
  return messages.filter((each) => found.has(each));
}

/** A message whose parent is in the file as well; null for any other. */
function messageIn(told: Record<string, unknown>, conversation: string, ids: ReadonlyMap<string, string>): Message | null {
  const { role } = told;
  const id = ids.get(text(told["id"]));
  const parent = told["parent"] === null ? null : ids.get(text(told["parent"]));
  if ((role !== "user" && role !== "assistant") || id === undefined || parent === undefined) return null;
  return {
    id,
    conversation,
    parent,
    role,
    created: time(told["created"]),
    text: text(told["text"]),
    attachments: all(told["attachments"], attachmentIn),
    reasoning: text(told["reasoning"]),
    reasonedFor: typeof told["reasonedFor"] === "number" ? told["reasonedFor"] : null,
    tools: all(told["tools"], toolIn),
    model: text(told["model"]),
    ending: endingOf(told["ending"]),
    error: text(told["error"]),
    finish: text(told["finish"]),
    statistics: null,
  };
}

function attachmentIn(told: Record<string, unknown>): Attachment | null {
  const { kind, data } = told;
  if ((kind !== "image" && kind !== "text") || typeof data !== "string") return null;
  if (kind === "image" && !/^data:image\/(?:png|jpeg|gif|webp);base64,/.test(data)) return null;
  return { id: text(told["id"]), name: text(told["name"]), type: text(told["type"]), size: time(told["size"]), kind, data };
}

function toolIn(told: Record<string, unknown>): ToolCall {
  return { id: text(told["id"]), name: text(told["name"]), arguments: text(told["arguments"]) };
}

function endingOf(value: unknown): Ending {
  return value === "failed" || value === "cancelled" ? value : "done";
}

function all<T>(value: unknown, read: (told: Record<string, unknown>) => T | null): T[] {
  if (!Array.isArray(value)) return [];
  const told = (value as unknown[]).map(record).filter((each) => each !== null);
  return told.map(read).filter((each) => each !== null);
}

function record(value: unknown): Record<string, unknown> | null {
  return isRecord(value) ? value : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function time(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}
