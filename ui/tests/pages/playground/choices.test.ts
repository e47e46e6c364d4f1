import { describe, expect, it } from "vitest";
import { choiceCalled, groupsOf, isAble, matching, type Listed } from "../../../src/pages/playground/choices";

const LISTED: Listed[] = [
  { id: "alpha", name: "Alpha the first", context_length: 8192, status: { value: "loaded" }, meta: { llamaswap: { type: "model", aliases: ["alpha-fast"] } } },
  { id: "alpha-fast", meta: { llamaswap: { type: "alias" } } },
  { id: "auto", meta: { llamaswap: { type: "selector", strategy: "spillover", targets: ["alpha", "eye"] } } },
  { id: "eye", capabilities: { vision: true }, status: { value: "unloaded" }, meta: { llamaswap: { type: "model" } } },
  { id: "llm", meta: { llamaswap: { type: "profile" } } },
  { id: "p1/zed", name: "p1: zed", meta: { llamaswap: { type: "peer", peerID: "p1" } } },
];
const known = { capabilities: ["vision"], pins: { llm: "alpha" }, stateOf: () => "" as const };

describe("choices of a model", () => {
  const groups = groupsOf(LISTED, known);

  it("stand in their groups, in order", () => {
    expect(groups.map(({ kind, choices }) => [kind, choices.map(({ id }) => id)])).toEqual([
      ["profile", ["llm"]],
      ["matching", ["eye"]],
      ["selector", ["auto"]],
      ["local", ["alpha", "alpha-fast"]],
      ["peer", ["p1/zed"]],
    ]);
  });

  it("have aliases below their model, once", () => {
    expect(choiceCalled(groups, "alpha-fast")?.aliasOf).toBe("alpha");
  });

  it("say where they lead", () => {
    expect(choiceCalled(groups, "llm")?.note).toBe("→ alpha");
    expect(choiceCalled(groups, "auto")?.note).toBe("spillover → alpha, eye");
    expect(choiceCalled(groups, "alpha")?.note).toBe("Alpha the first");
  });

  it("show how a model is: as the events tell, or as the list did", () => {
    expect(choiceCalled(groups, "alpha")?.state).toBe("ready");
    expect(choiceCalled(groups, "eye")?.state).toBe("stopped");
    const live = groupsOf(LISTED, { ...known, stateOf: () => "starting" });
    expect(choiceCalled(live, "alpha")?.state).toBe("starting");
    expect(choiceCalled(live, "auto")?.state).toBeNull();
  });

  it("have no group of their own where any model will do", () => {
    expect(groupsOf(LISTED, { ...known, capabilities: [] }).map(({ kind }) => kind)).toEqual(["profile", "selector", "local", "peer"]);
  });

  it("are found by every word, in any of their names", () => {
    const ids = (text: string): string[] => matching(groups, text).flatMap(({ choices }) => choices.map(({ id }) => id));
    expect(ids("FIRST alpha")).toEqual(["alpha"]);
    expect(ids("fast")).toEqual(["alpha-fast"]);
    expect(ids("zed")).toEqual(["p1/zed"]);
    expect(ids("nothing like it")).toEqual([]);
    expect(ids("  ")).toHaveLength(6);
  });
});

it("knows what a model can do, by any of its names", () => {
  const able = [{ id: "a", capabilities: { vision: true }, meta: { llamaswap: { aliases: ["b"] } } }];
  expect(isAble(able, "a", "vision")).toBe(true);
  expect(isAble(able, "b", "reranker", "vision")).toBe(true);
  expect(isAble(able, "a", "reranker")).toBe(false);
  expect(isAble(able, "c", "vision")).toBe(false);
});
