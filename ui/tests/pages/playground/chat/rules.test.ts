import { expect, it } from "vitest";
import { LARGEST, kindOf, sift } from "@/pages/playground/chat/attachments";
import { asCurl } from "@/pages/playground/chat/curl";
import { isSubmit } from "@/pages/playground/keys";
import { noteFor } from "@/pages/playground/chat/loading";
import { contextOf, firstChoice } from "@/pages/playground/chat/model-choice";
import { exported, imported, type Kept } from "@/pages/playground/chat/portable";
import { pretty } from "@/pages/playground/chat/pretty";
import { stopsOf } from "@/pages/playground/chat/settings";
import { pace } from "@/parts/markdown/bounds";
import type { LiveModel } from "@/server/types";

const file = (name: string, type: string, size = 10) => ({ name, type, size });

it("attaches pictures and text, and nothing else", () => {
  expect(["image/png", "image/jpeg", "image/gif", "image/webp"].map((type) => kindOf(file("x", type)))).toEqual(Array(4).fill("image"));
  expect([file("a.py", ""), file("a", "text/plain"), file("a.json", "application/json")].map(kindOf)).toEqual(Array(3).fill("text"));
  expect([file("a.svg", "image/svg+xml"), file("a.zip", "application/zip"), file("a.mp4", "video/mp4")].map(kindOf)).toEqual(["text", null, null]);
});

it("says why a file cannot be attached", () => {
  const files = [file("a.png", "image/png"), file("b.png", "image/png", LARGEST + 1), file("c.zip", ""), file("d.txt", "text/plain", 1e6), file("e.txt", "text/plain", 0), file("f.png", "image/png"), file("g.png", "image/png")];
  const { taken, refused } = sift(files, 3);
  expect(taken.map(({ name }) => name)).toEqual(["a.png", "f.png"]);
  expect(refused).toEqual([{ name: "b.png", why: "large" }, { name: "c.zip", why: "kind" }, { name: "d.txt", why: "largeText" }, { name: "e.txt", why: "empty" }, { name: "g.png", why: "many" }]);
});

const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
it("sends by Enter alone", () => {
  expect(isSubmit(enter)).toBe(true);
  expect([{ shiftKey: true }, { isComposing: true }, { keyCode: 229 }, { key: "a" }].some((more) => isSubmit({ ...enter, ...more }))).toBe(false);
});

it("quotes for a shell, and shows no key", () => {
  const command = asCurl("http://127.0.0.1/v1/chat/completions", { text: "it's" }, true);
  expect(command).toContain(`--data-raw '{\n  "text": "it'\\''s"\n}'`);
  expect(command).toContain(`-H "Authorization: Bearer $LLAMASWAP_API_KEY"`);
  expect(asCurl("u", {}, false)).not.toContain("Authorization");
  expect(asCurl("u", { image: `data:image/png;base64,${"A".repeat(30_000)}` }, false).length).toBeLessThan(200);
});

it("waits longer for what costs more", () => expect([pace(0), pace(10), pace(50), pace(1e6)]).toEqual([100, 100, 500, 2000]));
it("reads texts to stop at", () => expect(stopsOf("END\n\n\\n\\n")).toEqual(["END", "\n\n"]));
it("indents JSON that is complete", () => expect([pretty('{"a":1}'), pretty('{"a":')]).toEqual(['{\n  "a": 1\n}', '{"a":']));

const listed = [
  { id: "vectors", capabilities: { embeddings: true } },
  { id: "alpha", context_length: 8192, meta: { llamaswap: { type: "model", aliases: ["quick"] } } },
  { id: "beta" },
  { id: "auto", meta: { llamaswap: { type: "selector" } } },
];
it("chooses the first that is ready, else the first that chats", () => {
  expect(firstChoice(listed, () => "stopped")).toBe("alpha");
  expect(firstChoice(listed, (id) => (id === "beta" ? "ready" : "stopped"))).toBe("beta");
  expect(firstChoice([], () => "")).toBe("");
  expect(firstChoice(listed.slice(3), () => "")).toBe("auto");
});
it("knows contexts by alias as well", () => expect([contextOf("quick", listed), contextOf("beta", listed), contextOf("x", null)]).toEqual([8192, 0, 0]));

const live = (more: Partial<LiveModel>): LiveModel => ({
  id: "alpha", state: "stopped", since: 0, serving: 0, waiting: 0, stage: null, stage_since: null, expected_ready: null, ttl: 0, expires: null, last_used: null, requests: 0,
  failure: null, memory: null, ...more,
});
it("says what one waits for", () => {
  expect(noteFor("alpha", live({ state: "starting", stage: "start", expected_ready: 14 }), [], 10)).toEqual({ text: "Loading alpha …", left: "about 4 s", stage: "start" });
  expect(noteFor("alpha", live({ state: "starting" }), [], 10).text).toBe("Loading alpha …");
  expect(noteFor("alpha", live({ state: "starting", expected_ready: 5 }), [], 10)).toMatchObject({ text: "Loading alpha …", left: "" });
  expect(noteFor("alpha", undefined, [], 10).text).toBe("Waiting for alpha …");
  const queued = { request: null, model: "alpha", position: 3, since: 0, expected: null, behind: [], why: "turn" as const };
  expect(noteFor("alpha", undefined, [queued], 10).text).toBe("Waiting for alpha: 2 before you");
  expect(noteFor("alpha", undefined, [{ ...queued, position: 1, expected: 12 }], 10)).toEqual({ text: "Waiting for alpha: you are next", left: "about 2 s", stage: null });
});

it("reads what it has written, with IDs of its own", () => {
  const kept: Kept = {
    conversation: { id: "c", title: "T", created: 1, updated: 2, model: "m", leaf: "a" },
    messages: [
      { id: "q", conversation: "c", parent: null, role: "user", created: 1, text: "Q", attachments: [{ id: "f", name: "f", type: "image/png", size: 1, kind: "image", data: "data:image/png;base64,AA" }], reasoning: "", reasonedFor: null, tools: [], model: "m", ending: "done", error: "", finish: "", statistics: null },
      { id: "a", conversation: "c", parent: "q", role: "assistant", created: 2, text: "A", attachments: [], reasoning: "R", reasonedFor: 5, tools: [{ id: "1", name: "f", arguments: "{}" }], model: "m", ending: "cancelled", error: "", finish: "stop", statistics: null },
    ],
  };
  let next = 0;
  const back = imported(exported([{ ...kept, messages: [...kept.messages].reverse() }]), () => `new${(next += 1)}`);
  expect(back).toEqual([
    {
      conversation: { ...kept.conversation, id: "new1", leaf: "new2" },
      messages: [{ ...kept.messages[1], id: "new2", conversation: "new1", parent: "new3" }, { ...kept.messages[0], id: "new3", conversation: "new1" }],
    },
  ]);
});

it("takes only what it can use of a strange file", () => {
  expect(imported("no JSON", String)).toBeNull();
  expect(imported('{"form":"other"}', String)).toBeNull();
  const strange = { form: "llamaswap.chat.v1", conversations: [null, { messages: [{ role: "system" }, { id: "1", role: "user", parent: "gone" }, { role: "user", parent: null, text: 5, attachments: [{ kind: "image", data: "javascript:x" }, 7] }] }] };
  const [kept] = imported(JSON.stringify(strange), () => "x") ?? [];
  expect(kept?.messages).toMatchObject([{ role: "user", text: "", attachments: [] }]);
});

const fileOf = (leaf: string, ...messages: [id: string, parent: string | null, text: string][]): string =>
  JSON.stringify({ form: "llamaswap.chat.v1", conversations: [{ leaf, messages: messages.map(([id, parent, text]) => ({ id, parent, text, role: "user" })) }] });

it("imports no rings, nor what hangs on them", () => {
  let next = 0;
  const text = fileOf("b", ["a", "b", "1"], ["b", "a", "2"], ["c", "b", "3"], ["e", "d", "5"], ["d", null, "4"], ["f", "f", "6"]);
  const [kept] = imported(text, () => `new${(next += 1)}`) ?? [];
  expect(kept?.messages.map((each) => each.text)).toEqual(["5", "4"]);
  expect(kept?.messages.map(({ id }) => id)).toContain(kept?.conversation.leaf);
});

it("imports the first of messages with one ID", () => {
  let next = 0;
  const [kept] = imported(fileOf("a", ["a", null, "x"], ["a", null, "y"]), () => `new${(next += 1)}`) ?? [];
  expect(kept?.messages.map((each) => each.text)).toEqual(["x"]);
});
