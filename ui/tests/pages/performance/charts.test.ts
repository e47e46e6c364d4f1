import { describe, expect, it } from "vitest";
import { gpuCharts, rates, since, systemCharts, thinned, windowOf, withGaps, type Chart } from "../../../src/pages/performance/charts";
import { swapMarks } from "../../../src/pages/performance/marks";
import { EMPTY, KEPT, latest, merged, type Answer, type GpuSample, type SystemSample } from "../../../src/pages/performance/samples";
import { atAxis, withUnit } from "../../../src/pages/performance/units";
import type { TimelineEntry } from "../../../src/server/types";

const stamp = (second: number) => new Date(Date.UTC(2026, 0, 31, 12) + second * 1000).toISOString();
const START = Date.UTC(2026, 0, 31, 12) / 1000;

function system(second: number, more: Partial<SystemSample> = {}): SystemSample {
  return {
    timestamp: stamp(second),
    cpu_util_per_core: [10, 30],
    mem_total_mb: 1000,
    mem_used_mb: 400,
    mem_free_mb: 100,
    swap_total_mb: 0,
    swap_used_mb: 0,
    load_avg_1: 1,
    load_avg_5: 2,
    load_avg_15: 3,
    net_io: [{ name: "eth0", bytes_recv: second * 125_000, bytes_sent: 0 }, { name: "lo", bytes_recv: 9, bytes_sent: 9 }],
    ...more,
  };
}

function gpu(second: number, id: number, more: Partial<GpuSample> = {}): GpuSample {
  return {
    timestamp: stamp(second),
    id,
    name: "RTX",
    uuid: `GPU-${id}`,
    temp_c: 50,
    vram_temp_c: 0,
    gpu_util_pct: 10 * (id + 1),
    mem_util_pct: 0,
    fan_speed_pct: 0,
    mem_used_mb: 100,
    mem_total_mb: 24_000,
    power_draw_w: 0,
    ...more,
  };
}

const answer = (sys: SystemSample[], gpus: GpuSample[] = [], models: Answer["models"] = {}): Answer => ({ enabled: true, sys_stats: sys, gpu_stats: gpus, models });
const chartOf = (charts: readonly Chart[], id: Chart["id"]) => charts.find((chart) => chart.id === id);

describe("history", () => {
  it("takes each sample once, and keeps an hour by the server's clock", () => {
    const first = merged(EMPTY, answer([system(0), system(5)]));
    const second = merged(first, answer([system(5), system(10)], [gpu(10, 0)], { m: { gpu_mem_mb: 7 } }));
    expect(second.system.map(({ at }) => at - START)).toEqual([0, 5, 10]);
    expect([latest(second), second.models]).toEqual([stamp(10), { m: 7 }]);
    expect(merged(second, answer([system(KEPT + 6)])).system.map(({ at }) => at - START)).toEqual([10, KEPT + 6]);
  });
  it("may be empty, and lists may be null", () => {
    expect(latest(merged(EMPTY, { enabled: true, sys_stats: null, gpu_stats: null }))).toBeUndefined();
    expect([systemCharts(EMPTY), gpuCharts(EMPTY)]).toEqual([[], []]);
  });
});

describe("charts of graphics cards", () => {
  it("tell cards of one name apart, and leave out what no card says", () => {
    const charts = gpuCharts(merged(EMPTY, answer([], [gpu(0, 0), gpu(0, 1), gpu(5, 1)])));
    expect(charts.map(({ id }) => id)).toEqual(["gpu-load", "gpu-memory", "gpu-temperature"]);
    expect(chartOf(charts, "gpu-load")?.lines).toEqual([
      { name: "RTX #0", values: [10, null] },
      { name: "RTX #1", values: [20, 20] },
    ]);
    expect(chartOf(charts, "gpu-memory")?.most).toBe(24_000);
  });
  it("call the only one by its name", () => {
    expect(gpuCharts(merged(EMPTY, answer([], [gpu(0, 3)])))[0]?.lines[0]?.name).toBe("RTX");
  });
});

describe("charts of the system", () => {
  it("show cores, memory, load and the network in bits", () => {
    const charts = systemCharts(merged(EMPTY, answer([system(0), system(5)])));
    expect(charts.map(({ id }) => id)).toEqual(["cpu", "memory", "load", "network"]);
    expect(chartOf(charts, "cpu")?.lines.map(({ values }) => values[0])).toEqual([20, 30]);
    expect(chartOf(charts, "network")?.lines).toEqual([{ name: "eth0 in", values: [null, 1] }]);
    expect(chartOf(charts, "memory")?.lines.length).toBe(1);
  });
  it("show swap where there is any", () => {
    const charts = systemCharts(merged(EMPTY, answer([system(0, { swap_total_mb: 50, swap_used_mb: 7 })])));
    expect(chartOf(charts, "memory")?.lines[1]).toEqual({ name: "Swap", values: [7] });
  });
});

describe("rates", () => {
  it("are null at the beginning, after a counter was set back, and where it is not known", () => {
    const samples = [5, 15, 3, undefined, 9, 11].map((count, index) => ({ at: index * 2, count }));
    expect(rates(samples, ({ count }) => count, 1)).toEqual([null, 5, null, null, null, 1]);
  });
});

describe("gaps", () => {
  const chart = (times: number[]): Chart => ({ id: "load", unit: "", times, lines: [{ name: "x", values: times.map((at) => at) }] });
  it("are nothing in the middle of the time in which nobody looked", () => {
    const { times, lines } = withGaps(chart([0, 5, 10, 60, 65]));
    expect(times).toEqual([0, 5, 10, 35, 60, 65]);
    expect(lines[0]?.values).toEqual([0, 5, 10, null, 60, 65]);
  });
  it("are not where samples are a little late", () => {
    expect(withGaps(chart([0, 5, 14, 19])).times).toEqual([0, 5, 14, 19]);
    expect(withGaps(chart([])).times).toEqual([]);
  });
  it("do not begin long before there is anything", () => {
    expect([windowOf(1000, 1005, 900), windowOf(1000, 1400, 900), windowOf(1000, 9000, 900)]).toEqual([[945, 1005], [1000, 1400], [8100, 9000]]);
  });
  it("leave the window as it is asked for", () => {
    expect(since(chart([0, 5, 10]), 5).lines[0]?.values).toEqual([5, 10]);
    expect(since(chart([0, 5]), 9).times).toEqual([]);
  });
});

describe("what stands beside lines", () => {
  it("has units", () => {
    expect([withUnit(97.6, "%"), withUnit(1536, "MiB"), withUnit(0.5, ""), withUnit(null, "W"), withUnit(2.25, "Mbit/s")]).toEqual(["98 %", "1.5 GiB", "0.50", "–", "2.3 Mbit/s"]);
    expect([atAxis(50, "%"), atAxis(2048, "MiB"), atAxis(0.30000000004, "")]).toEqual(["50 %", "2 GiB", "0.3"]);
  });
  it("is thinned out for the table, the latest first", () => {
    expect(thinned(5, 30)).toEqual([4, 3, 2, 1, 0]);
    expect(thinned(100, 4)).toEqual([99, 74, 49, 24]);
    expect(thinned(0, 4)).toEqual([]);
  });
  it("marks swaps that brought their model", () => {
    const swap = (outcome: string): TimelineEntry => ({ n: 1, when: 7, kind: "swap", model: "a", evicted: [], why: "", cause: "", outcome, error: "", stages: {} });
    const state: TimelineEntry = { n: 2, when: 8, kind: "state", model: "a", from: "", to: "ready", cause: "", detail: "" };
    expect(swapMarks([swap("loaded"), swap("failed"), state])).toEqual([{ at: 7, text: "a" }]);
  });
});
