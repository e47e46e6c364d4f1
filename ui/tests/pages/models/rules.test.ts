import { describe, expect, it } from "vitest";
import { actionFor, lastEnds, listed, matches, progress, sections, stable, type Wish } from "../../../src/pages/models/rules";
import type { LiveModel, Model, ModelState, StateEntry } from "../../../src/server/types";

function model(id: string, more: Partial<Model> = {}): Model {
  return { id, name: "", description: "", state: "stopped", unlisted: false, peerID: "", ...more };
}

function live(id: string, more: Partial<LiveModel> = {}): LiveModel {
  return {
    ...{ id, state: "stopped", since: 1, serving: 0, waiting: 0, stage: null, stage_since: null, expected_ready: null, ttl: 0 },
    ...{ expires: null, last_used: null, requests: 0, failure: null, memory: null },
    ...more,
  };
}

const FAILURE = { when: 1, why: "exited", exit_code: 1, lines: [] };
const USUAL: Wish = { sort: "name", unlisted: false, pinned: [] };

function ids(models: Model[], lives: LiveModel[], wish: Partial<Wish>): string[] {
  return listed(models, new Map(lives.map((each) => [each.id, each])), { ...USUAL, ...wish }).map((entry) => entry.model.id);
}

describe("the list", () => {
  it("has the models of this server, by name with numbers as numbers", () => {
    const models = [model("m10"), model("m2"), model("z", { name: "Alpha" }), model("p/x", { peerID: "p" }), model("u", { unlisted: true })];
    expect(ids(models, [], {})).toEqual(["z", "m2", "m10"]);
    expect(ids(models, [], { unlisted: true })).toEqual(["z", "m2", "m10", "u"]);
  });

  it("begins with what is pinned, whatever the order", () => {
    const models = [model("a"), model("b"), model("c", { state: "ready" })];
    for (const sort of ["name", "state", "recent", "used"] as const) expect(ids(models, [], { sort, pinned: ["b"] })[0]).toBe("b");
  });

  it("is sorted by state: what runs, what has failed, what is stopped", () => {
    const states: [string, ModelState][] = [["a", "stopped"], ["b", "stopped"], ["c", "stopping"], ["d", "ready"], ["e", "starting"]];
    const models = states.map(([id, state]) => model(id, { state }));
    expect(ids(models, [live("b", { failure: FAILURE })], { sort: "state" })).toEqual(["d", "e", "c", "b", "a"]);
  });

  it("is sorted by use: who is in use first", () => {
    const models = ["a", "b", "c", "d"].map((id) => model(id));
    const lives = [live("a", { last_used: 5, requests: 9 }), live("b", { last_used: 7, requests: 2 }), live("c", { last_used: 1, serving: 1 })];
    expect(ids(models, lives, { sort: "recent" })).toEqual(["c", "b", "a", "d"]);
    expect(ids(models, lives, { sort: "used" })).toEqual(["a", "b", "c", "d"]);
  });

  it("is narrowed by words, in any of the texts", () => {
    const one = model("org/qwen3", { name: "Qwen", description: "Good for code", aliases: ["coder-fast"] });
    for (const found of ["", " ", "QWEN", "org/", "fast code", "for"]) expect(matches(one, found)).toBe(true);
    for (const missed of ["llama", "qwen llama"]) expect(matches(one, missed)).toBe(false);
  });
});

describe("groups", () => {
  const entries = ["a", "b", "c", "d"].map((id) => ({ model: model(id), live: undefined, pinned: false }));
  const group = (id: string, members: string[], swap = true) => ({ id, members, swap, exclusive: true, persistent: false });

  it("have their members, and the rest comes last", () => {
    const found = sections(entries, { groups: [group("g", ["b", "a"]), group("empty", ["x"])], sets: [] });
    expect(found.map(({ id, entries: own }) => [id, own.map((each) => each.model.id)])).toEqual([["g", ["a", "b"]], ["", ["c", "d"]]]);
  });

  it("may share members, as the sets of a matrix do", () => {
    const found = sections(entries, { groups: [], sets: [{ id: "s", expression: "a|b", members: ["a", "b"] }, { id: "t", expression: "b", members: ["b"] }] });
    expect(found.map(({ id, swap, entries: own }) => [id, swap, own.length])).toEqual([["s", null, 2], ["t", null, 1], ["", null, 2]]);
  });
});

describe("the button", () => {
  it("does what can be done", () => {
    expect(actionFor("stopped", false, undefined)).toBe("load");
    expect(actionFor("stopped", false, live("a", { failure: FAILURE }))).toBe("retry");
    expect(actionFor("ready", true, undefined)).toBe("unload");
    expect(actionFor("stopping", false, undefined)).toBe("wait");
  });

  it("cancels a load, whoever wanted it and however far it has come", () => {
    expect(actionFor("stopped", true, undefined)).toBe("cancel");
    expect(actionFor("starting", false, undefined)).toBe("cancel");
    expect(actionFor("stopped", false, live("a", { waiting: 1 }))).toBe("cancel");
    expect(actionFor("stopping", true, undefined)).toBe("cancel");
  });
});

describe("progress", () => {
  it("goes from the beginning of the load to when it is expected", () => {
    const one = live("a", { since: 100, stage_since: 104, expected_ready: 110 });
    expect([98, 100, 105, 120].map((now) => progress(one, now * 1000))).toEqual([0, 0, 0.5, 1]);
  });

  it("is not known without an expectation", () => {
    expect(progress(live("a"), 5)).toBeNull();
    expect(progress(live("a", { since: 100, expected_ready: 90 }), 5)).toBeNull();
    expect(progress(live("a", { since: null, expected_ready: 90 }), 5)).toBeNull();
  });
});

it("the last end of each model counts", () => {
  const entry = (n: number, to: ModelState, cause: string): StateEntry => ({ n, when: n, kind: "state", model: "a", from: "ready", to, cause, detail: "" });
  expect(lastEnds([entry(1, "stopped", "ttl"), entry(2, "ready", "request"), entry(3, "stopped", "manual")]).get("a")?.n).toBe(3);
});

it("what has not changed stays the same object", () => {
  const [a, b] = [live("a"), live("b")];
  const found = stable(new Map([["a", a], ["b", b]]), new Map([["a", live("a")], ["b", live("b", { serving: 1 })], ["c", live("c")]]));
  expect(found.get("a")).toBe(a);
  expect(found.get("b")?.serving).toBe(1);
  expect([...found.keys()]).toEqual(["a", "b", "c"]);
});
