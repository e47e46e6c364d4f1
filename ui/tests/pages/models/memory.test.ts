import { describe, expect, it } from "vitest";
import { colours, gpuBars, ramBar } from "../../../src/pages/models/memory";
import type { LiveModel } from "../../../src/server/types";

function holder(id: string, gpus: [number, number][], ram = 0): LiveModel {
  return {
    ...{ id, state: "ready", since: 1, serving: 0, waiting: 0, stage: null, stage_since: null, expected_ready: null, ttl: 0 },
    ...{ expires: null, last_used: null, requests: 0, failure: null },
    memory: { gpus: gpus.map(([card, mb]) => ({ id: card, mb })), gpu_mb: 0, ram_mb: ram },
  };
}

const card = (id: number, name = "RTX", used = 0) => ({ id, name, used_mb: used, total_mb: 1000 });

describe("bars of GPUs", () => {
  it("have a part for each model that holds some, and one for the rest", () => {
    const [bar] = gpuBars({ gpus: [card(0, "RTX", 700)], models: [holder("a", [[0, 400]]), holder("b", [[0, 200]]), holder("c", [[1, 9]])] });
    expect(bar?.parts).toEqual([
      { model: "a", mb: 400, share: 0.4 },
      { model: "b", mb: 200, share: 0.2 },
      { model: "", mb: 100, share: 0.1 },
    ]);
  });

  it("are told apart when they have one name", () => {
    expect(gpuBars({ gpus: [card(1), card(0)], models: [] }).map(({ name }) => name)).toEqual(["GPU 0 RTX", "GPU 1 RTX"]);
    expect(gpuBars({ gpus: [card(0, "A"), card(1, "B"), card(2, "")], models: [] }).map(({ name }) => name)).toEqual(["A", "B", "GPU 2"]);
  });

  it("never claim more than is used, nor than there is", () => {
    const [bar] = gpuBars({ gpus: [card(0, "RTX", 500)], models: [holder("a", [[0, 600]]), holder("b", [[0, 400]])] });
    expect(bar?.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(0.5);
    expect(bar?.parts.map(({ mb }) => mb)).toEqual([600, 400]);
    const [broken] = gpuBars({ gpus: [{ id: 0, name: "x", used_mb: 50, total_mb: 0 }], models: [] });
    expect(broken?.parts).toEqual([{ model: "", mb: 50, share: 1 }]);
  });
});

it("the machine has one as well, while it is watched", () => {
  expect(ramBar({ ram: null, models: [] }, "RAM")).toBeNull();
  expect(ramBar({ ram: { used_mb: 100, total_mb: 400 }, models: [holder("a", [], 40)] }, "RAM")?.parts).toEqual([
    { model: "a", mb: 40, share: 0.1 },
    { model: "", mb: 60, share: 0.15 },
  ]);
});

it("colours go to those that hold something, and come again when there are too few", () => {
  const found = colours([holder("b", []), { id: "none", memory: null }, holder("a", []), holder("c", [])], 2);
  expect([...found]).toEqual([["a", 1], ["b", 2], ["c", 1]]);
});
