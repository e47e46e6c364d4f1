import { beforeEach, expect, it, vi } from "vitest";
import type { Conversation, Message } from "@/pages/playground/chat/conversation";

/** A storage whose work is done in its order, one piece at each `turn`. */
const base = vi.hoisted(() => {
  const queue: (() => void)[] = [];
  const later = <T,>(work: () => T): Promise<T> => new Promise((resolve) => queue.push(() => resolve(work())));
  return { conversations: new Map<string, Conversation>(), messages: new Map<string, Message>(), queue, later };
});

vi.mock("@/pages/playground/chat/shelf", () => ({
  allConversations: () => base.later(() => [...base.conversations.values()]),
  messagesOf: (id: string) => base.later(() => [...base.messages.values()].filter(({ conversation }) => conversation === id)),
  keep: (each: Conversation) => base.later(() => void base.conversations.set(each.id, each)),
  keepMessages: (all: Message[]) => base.later(() => all.forEach((each) => base.messages.set(each.id, each))),
  drop: (id: string) => base.later(() => void base.conversations.delete(id)),
  dropMessages: (ids: string[]) => base.later(() => ids.forEach((id) => base.messages.delete(id))),
}));

type Module = typeof import("@/pages/playground/chat/conversations");

/** Tabs that hear what we tell them. */
class Tabs extends EventTarget {
  static last: Tabs;
  constructor() {
    super();
    Tabs.last = this;
  }
  postMessage() {}
  tell(id: string) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: id }));
  }
}

let chat: Module;
beforeEach(async () => {
  base.queue.length = 0;
  base.conversations.clear();
  base.messages.clear();
  vi.resetModules();
  vi.stubGlobal("BroadcastChannel", Tabs);
  chat = await import("@/pages/playground/chat/conversations");
});

const conversation = (id: string, title = id): Conversation => ({ id, title, created: 1, updated: 1, model: "m", leaf: null });
const message = (id: string, text = id) => ({ id, conversation: "c", parent: null, role: "user", created: 1, text }) as unknown as Message;

/** The storage does what is next; or all. */
async function turn(times = Infinity) {
  for (let done = 0; done < times && base.queue.length > 0; done += 1) {
    base.queue.shift()?.();
    for (let ticks = 0; ticks < 20; ticks += 1) await Promise.resolve();
  }
}

const titles = () => chat.conversations.value?.map(({ title }) => title).sort();
const texts = () => [...(chat.threadOf("c").value?.values() ?? [])].map(({ text }) => text).sort();

it("a conversation that begins while the others are read is not lost, and neither are they", async () => {
  base.conversations.set("old", conversation("old"));
  void chat.readConversations();
  chat.begin(conversation("new"));
  await turn();
  expect(titles()).toEqual(["new", "old"]);
});

it("all are read, also when one has begun before", async () => {
  base.conversations.set("old", conversation("old"));
  chat.begin(conversation("new"));
  void chat.readConversations();
  await turn();
  expect(titles()).toEqual(["new", "old"]);
});

it("what is changed here while another tab's changes are read stays as it is here", async () => {
  base.conversations.set("c", conversation("c", "one"));
  void chat.readConversations();
  await turn();
  base.conversations.set("d", conversation("d", "theirs"));
  Tabs.last.tell("d");
  chat.put(conversation("c", "two"));
  chat.put(conversation("c", "three"));
  await turn(2);
  expect(titles()).toEqual(["theirs", "three"]);
  Tabs.last.tell("d");
  await turn();
  expect(titles()).toEqual(["theirs", "three"]);
});

it("one that is taken out while they are read stays out", async () => {
  base.conversations.set("c", conversation("c"));
  void chat.readConversations();
  await turn();
  Tabs.last.tell("c");
  void chat.remove("c");
  await turn();
  expect(titles()).toEqual([]);
});

it("messages that come and go while they are read are as they are here", async () => {
  base.conversations.set("c", conversation("c"));
  base.messages.set("old", message("old"));
  base.messages.set("gone", message("gone"));
  void chat.readConversations();
  await turn();
  chat.threadOf("c");
  chat.putMessages("c", [message("new")]);
  chat.putGrowing(message("answer", "half"));
  chat.removeMessages("c", ["gone"]);
  await turn(1);
  expect(texts()).toEqual(["half", "new", "old"]);
  await turn();
  expect(texts()).toEqual(["half", "new", "old"]);
  chat.putMessages("c", [message("answer", "whole")]);
  await turn();
  expect(texts()).toEqual(["new", "old", "whole"]);
});

it("what another tab has written later is taken over", async () => {
  base.conversations.set("c", conversation("c", "one"));
  void chat.readConversations();
  chat.threadOf("c");
  await turn();
  chat.put(conversation("c", "two"));
  chat.putMessages("c", [message("q")]);
  await turn();
  base.conversations.set("c", conversation("c", "theirs"));
  base.messages.set("q", message("q", "edited"));
  Tabs.last.tell("c");
  await turn();
  expect(titles()).toEqual(["theirs"]);
  expect(texts()).toEqual(["edited"]);
});
