import { expect, it } from "vitest";
import { leafIn, leafWithout, newestLeaf, newestOf, pathTo, searched, subtree, titleFrom, versionsOf, type Conversation, type Message, type Thread } from "@/pages/playground/chat/conversation";
import { turnsOf } from "@/pages/playground/chat/history";

let clock = 0;
const message = (id: string, parent: string | null, role: Message["role"], more: Partial<Message> = {}): Message => ({
  id, conversation: "c", parent, role, created: (clock += 1), text: id, attachments: [], reasoning: "", reasonedFor: null, tools: [], model: "m", ending: "done",
  error: "", finish: "", statistics: null, ...more,
});
const thread = (...messages: Message[]): Thread => new Map(messages.map((each) => [each.id, each]));
const ids = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

/** q1 - a1 - q2 - a2; q1' - a1' in place of q1; a2' in place of a2. */
const tree = thread(
  message("q1", null, "user"), message("a1", "q1", "assistant"), message("q2", "a1", "user"), message("a2", "q2", "assistant"),
  message("q1'", null, "user"), message("a1'", "q1'", "assistant"), message("a2'", "q2", "assistant"),
);
const get = (id: string): Message => tree.get(id) ?? message(id, null, "user");

it("walks from the first message to a leaf", () => {
  expect(ids(pathTo(tree, "a2"))).toEqual(["q1", "a1", "q2", "a2"]);
  expect(pathTo(tree, null)).toEqual([]);
  expect(pathTo(tree, "nowhere")).toEqual([]);
});
it("does not walk in circles", () => expect(ids(pathTo(thread(message("a", "b", "user"), message("b", "a", "user")), "a"))).toEqual(["b", "a"]));
it("descends to an end in a circle as well", () => {
  const ring = thread(message("a", "b", "user"), message("b", "a", "assistant"));
  expect(newestLeaf(ring, "a")).toBe("b");
  expect(ids(subtree(ring, "a"))).toEqual(["a", "b"]);
});
it("walks a chain so long that no step may look at all steps before it", () => {
  const chain = Array.from({ length: 100_000 }, (_, at) => message(`m${at}`, at ? `m${at - 1}` : null, "user"));
  const long = new Map(chain.map((each) => [each.id, each]));
  expect(pathTo(long, "m99999")).toHaveLength(100_000);
});
it("knows versions", () => {
  expect(ids(versionsOf(tree, get("q1")))).toEqual(["q1", "q1'"]);
  expect(ids(versionsOf(tree, get("a2'")))).toEqual(["a2", "a2'"]);
});
it("descends to the newest end", () => {
  expect(newestLeaf(tree, "q1")).toBe("a2'");
  expect(newestLeaf(tree, "q1'")).toBe("a1'");
});
it("knows what goes with a message", () => expect(ids(subtree(tree, "q2"))).toEqual(["q2", "a2", "a2'"]));
it("knows the newest end", () => {
  expect(newestOf(tree)).toBe("a1'");
  expect(newestOf(new Map())).toBeNull();
  const shown = (leaf: string | null) => leafIn(tree, { leaf } as Conversation);
  expect([shown("a1"), shown("never written"), shown(null)]).toEqual(["a1", "a1'", "a1'"]);
});
it("shows another version of what is deleted, or what was before", () => {
  expect(leafWithout(tree, "q1")).toBe("a1'");
  expect(leafWithout(tree, "q2")).toBe("a1");
  expect(leafWithout(tree, "nowhere")).toBeNull();
});

it("makes titles", () => {
  expect(titleFrom("  What is\tthis?\nAnd that?")).toBe("What is this?");
  expect(titleFrom("x".repeat(100))).toHaveLength(60);
});

it("searches by words, the latest first", () => {
  const conversation = (id: string, title: string, updated: number): Conversation => ({ id, title, created: 0, updated, model: "", leaf: null });
  const all = [conversation("1", "The sea", 1), conversation("2", "Sea and land", 2), conversation("3", "Land", 3)];
  expect(searched(all, "sea").map(({ id }) => id)).toEqual(["2", "1"]);
  expect(searched(all, "LAND sea").map(({ id }) => id)).toEqual(["2"]);
  expect(searched(all, "").map(({ id }) => id)).toEqual(["3", "2", "1"]);
});

it("sends no errors, no reasoning and no empty answers", () => {
  const path = [
    message("q1", null, "user"),
    message("a1", "q1", "assistant", { text: "half", error: "broken", ending: "failed", reasoning: "hm" }),
    message("q2", "a1", "user"),
    message("a2", "q2", "assistant", { text: "", error: "broken", ending: "failed" }),
    message("q3", "a2", "user"),
  ];
  expect(turnsOf(path)).toEqual([
    { role: "user", text: "q1", images: [] },
    { role: "assistant", text: "half", images: [] },
    { role: "user", text: "q2\n\nq3", images: [] },
  ]);
});

it("sends pictures as pictures, and text files in fences that they do not end", () => {
  const file = { id: "1", name: "a.md", type: "text/markdown", size: 5, kind: "text" as const, data: "```\nx\n```\n" };
  const image = { ...file, kind: "image" as const, data: "data:image/png;base64,AA" };
  expect(turnsOf([message("q", null, "user", { attachments: [image, file] })])).toEqual([{ role: "user", text: "a.md:\n````\n```\nx\n```\n````\n\nq", images: ["data:image/png;base64,AA"] }]);
});
