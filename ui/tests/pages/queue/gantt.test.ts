import { describe, expect, it } from "vitest";
import { changes, fitting, lanes, placed, spans, stacked, stagesOf, ticks, type Now, type Request } from "../../../src/pages/queue/gantt";
import type { LiveModel, ModelState, RunningSwap, StateEntry, SwapEntry, TimelineEntry } from "../../../src/server/types";

let number = 0;

function state(model: string, from: ModelState, to: ModelState, when: number, cause = "request", detail = ""): StateEntry {
  return { n: ++number, when, kind: "state", model, from, to, cause, detail };
}

function swap(model: string, when: number, stages: SwapEntry["stages"], evicted: string[] = []): SwapEntry {
  return { n: ++number, when, kind: "swap", model, evicted, why: "group", cause: "request", outcome: "loaded", error: "", stages };
}

const AT: Now = { at: 100, models: [], swaps: [] };
const drawn = (entries: TimelineEntry[], now: Now = AT) => spans(entries, now).map(({ model, kind, from, to }) => [model, kind, from, to]);

describe("a model's life", () => {
  it("is drawn by its states", () => {
    const entries = [state("a", "stopped", "starting", 10), state("a", "starting", "ready", 12), state("a", "ready", "stopping", 20, "evict", "b"), state("a", "stopping", "stopped", 21)];
    expect(drawn(entries)).toEqual([["a", "start", 10, 12], ["a", "ready", 12, 20], ["a", "stopping", 20, 21]]);
    const ready = spans(entries, AT)[1];
    expect([ready?.begin?.cause, ready?.end?.cause, ready?.end?.detail]).toEqual(["request", "evict", "b"]);
  });

  it("goes on until now", () => {
    expect(spans([state("a", "starting", "ready", 12)], AT)).toMatchObject([{ kind: "start", from: -Infinity, to: 12 }, { kind: "ready", to: 100, open: true }]);
  });

  it("has the stages of its load, which say more than its state", () => {
    const entries = [state("a", "stopped", "starting", 10), state("a", "starting", "ready", 12), swap("a", 12.5, { drain: 3, stop: 2, settle: 0.001, start: 2, ready: 0.5 })];
    expect(drawn(entries).map(([, kind, from, to]) => [kind, Number(from).toFixed(1), Number(to).toFixed(1)])).toEqual([
      ["drain", "5.0", "8.0"],
      ["stop", "8.0", "10.0"],
      ["start", "10.0", "12.0"],
      ["prepare", "12.0", "12.5"],
      ["ready", "12.0", "100.0"],
    ]);
  });

  it("shows a load that has not ended", () => {
    const live = { id: "b", stage: "drain", stage_since: 90 } as LiveModel;
    const swaps: RunningSwap[] = [{ model: "a", evicts: [], why: "", cause: "request", stage: "stop", since: 95 }];
    expect(drawn([], { at: 100, models: [live], swaps })).toEqual([["b", "drain", 90, 100], ["a", "stop", 95, 100]]);
  });
});

it("stages end where the swap does", () => {
  expect(stagesOf(swap("a", 10, { start: 4, ready: 1 })).map(({ kind, from, to }) => [kind, from, to])).toEqual([["start", 5, 9], ["prepare", 9, 10]]);
});

describe("lanes", () => {
  const request = (model: string, from: number, to: number): Request => ({ model, id: `${from}`, from, to, open: false, failed: false, waiting: false });

  it("are there for what can be seen, in the order of appearance", () => {
    const all = spans([state("b", "stopped", "starting", 50), state("a", "stopped", "starting", 60), state("c", "starting", "stopped", 10)], AT);
    const found = lanes(all, [request("d", 55, 56)], { from: 40, to: 100 });
    expect(found.map(({ model }) => model)).toEqual(["b", "d", "a"]);
    expect(found[1]?.requests).toHaveLength(1);
  });

  it("cut what goes beyond", () => {
    expect(placed({ from: -Infinity, to: 50 }, { from: 0, to: 100 })).toEqual({ left: 0, width: 50 });
    expect(placed({ from: 90, to: 200 }, { from: 0, to: 100 })).toEqual({ left: 90, width: 10 });
    expect(placed({ from: 10, to: 10 }, { from: 0, to: 100 }).width).toBe(0.25);
  });

  it("put requests that overlap in rows, three at most", () => {
    const at = (left: number, width: number) => ({ item: left, left, width, row: 0 });
    expect(stacked([at(0, 10), at(5, 10), at(6, 10), at(7, 1), at(11, 5)]).map(({ row }) => row)).toEqual([0, 1, 2, 2, 0]);
  });
});

it("an eviction is drawn where what went was gone", () => {
  const entries = [swap("b", 20, { drain: 1, stop: 2, settle: 1, start: 3, ready: 1 }, ["a"]), swap("c", 30, { start: 1 })];
  expect(changes(entries, { from: 0, to: 100 })).toEqual([{ at: 15, from: "a", to: "b" }]);
  expect(changes(entries, { from: 16, to: 100 })).toEqual([]);
});

describe("the axis", () => {
  it("has round times", () => {
    expect(ticks({ from: 1003, to: 1303 }, 6)).toEqual([1020, 1080, 1140, 1200, 1260]);
    expect(ticks({ from: 0, to: 3600 }, 6)).toEqual([0, 600, 1200, 1800, 2400, 3000, 3600]);
  });

  it("that are round where one is", () => {
    expect(ticks({ from: 0, to: 3600 }, 2, 900)).toEqual([900, 2700]);
  });

  it("is shorter for a server that is young", () => {
    expect(fitting(300, undefined, 1000)).toBe(60);
    expect(fitting(300, 990, 1000)).toBe(60);
    expect(fitting(300, 900, 1000)).toBe(120);
    expect(fitting(300, 0, 1000)).toBe(300);
    expect(fitting(60, 0, 1000)).toBe(60);
  });
});
