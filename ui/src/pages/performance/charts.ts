/** What is drawn of the figures: a chart for each kind, with a line for each thing that has it. Pure. */

import type { At, GpuSample, History, SystemSample } from "./samples";
import { t } from "./words";

export type Unit = "%" | "MiB" | "°C" | "W" | "Mbit/s" | "MiB/s" | "";

export interface Line {
  name: string;
  /** One for each time; null where there is none. */
  values: (number | null)[];
}

export interface Chart {
  id: keyof typeof t.charts;
  unit: Unit;
  /** Seconds since the epoch, by the server's clock. */
  times: number[];
  lines: Line[];
  /** The upper end of its scale; undefined: as high as its lines. */
  most?: number;
}

/** A time in which nothing was seen is a gap from so many usual distances of samples on. */
const GAP = 3;
/** Seconds that charts show at least. */
const SHORTEST = 60;

export function gpuCharts({ gpus }: History): Chart[] {
  if (gpus.length === 0) return [];
  const cards = [...new Map(gpus.map((sample) => [sample.id, sample])).values()].sort((one, other) => one.id - other.id);
  const times = [...new Set(gpus.map(({ at }) => at))].sort((one, other) => one - other);
  const seen = new Map(gpus.map((sample) => [`${sample.id} ${sample.at}`, sample]));
  const names = cards.map((card) => t.gpu(card.name, card.id, cards.some(({ id, name }) => id !== card.id && name === card.name)));
  const chart = (id: Chart["id"], unit: Unit, value: (sample: At<GpuSample>) => number, most?: number): Chart => ({
    id,
    unit,
    times,
    lines: cards.map((card, index) => ({
      name: names[index] ?? "",
      values: times.map((at) => of(seen.get(`${card.id} ${at}`), value)),
    })),
    ...(most === undefined ? {} : { most }),
  });
  const optional = (made: Chart): Chart[] => (made.lines.some(({ values }) => values.some((value) => (value ?? 0) > 0)) ? [made] : []);
  return [
    chart("gpu-load", "%", (sample) => sample.gpu_util_pct, 100),
    chart("gpu-memory", "MiB", (sample) => sample.mem_used_mb, Math.max(...cards.map((card) => card.mem_total_mb)) || undefined),
    ...optional(chart("gpu-temperature", "°C", (sample) => sample.temp_c)),
    ...optional(chart("gpu-vram-temperature", "°C", (sample) => sample.vram_temp_c)),
    ...optional(chart("gpu-power", "W", (sample) => sample.power_draw_w)),
    ...optional(chart("gpu-fan", "%", (sample) => sample.fan_speed_pct, 100)),
  ].map(withGaps);
}

export function systemCharts({ system }: History): Chart[] {
  if (system.length === 0) return [];
  const times = system.map(({ at }) => at);
  const line = (name: string, value: (sample: At<SystemSample>) => number): Line => ({ name, values: system.map(value) });
  const last = system.at(-1);
  const swap = (last?.swap_total_mb ?? 0) > 0 ? [line(t.series.swap, (sample) => sample.swap_used_mb)] : [];
  const charts: Chart[] = [
    {
      id: "cpu",
      unit: "%",
      times,
      lines: [
        line(t.series.average, ({ cpu_util_per_core: cores }) => mean(cores)),
        line(t.series.busiest, ({ cpu_util_per_core: cores }) => Math.max(0, ...cores)),
      ],
      most: 100,
    },
    {
      id: "memory",
      unit: "MiB",
      times,
      lines: [line(t.series.used, (sample) => sample.mem_used_mb), ...swap],
      most: Math.max(last?.mem_total_mb ?? 0, last?.swap_total_mb ?? 0),
    },
    {
      id: "load",
      unit: "",
      times,
      lines: [
        line(t.series.load(1), (sample) => sample.load_avg_1),
        line(t.series.load(5), (sample) => sample.load_avg_5),
        line(t.series.load(15), (sample) => sample.load_avg_15),
      ],
    },
    { id: "network", unit: "Mbit/s", times, lines: networkLines(system) },
    { id: "disks", unit: "MiB/s", times, lines: diskLines(system) },
  ];
  return charts.filter(({ lines }) => lines.length > 0).map(withGaps);
}

function networkLines(system: readonly At<SystemSample>[]): Line[] {
  const names = [...new Set(system.flatMap(({ net_io: all }) => (all ?? []).map(({ name }) => name)))];
  const counter = (name: string, key: "bytes_recv" | "bytes_sent") => (sample: SystemSample) =>
    sample.net_io?.find((each) => each.name === name)?.[key];
  return busy(
    names.flatMap((name) => [
      { name: t.series.received(name), values: rates(system, counter(name, "bytes_recv"), 8 / 1e6) },
      { name: t.series.sent(name), values: rates(system, counter(name, "bytes_sent"), 8 / 1e6) },
    ]),
  );
}

function diskLines(system: readonly At<SystemSample>[]): Line[] {
  const mounts = [...new Set(system.flatMap(({ disks }) => (disks ?? []).map(({ mount }) => mount)))].slice(0, 4);
  const counter = (mount: string, key: "read_bytes" | "written_bytes") => (sample: SystemSample) =>
    sample.disks?.find((each) => each.mount === mount)?.[key];
  return busy(
    mounts.flatMap((mount) => [
      { name: t.series.read(mount), values: rates(system, counter(mount, "read_bytes"), 1 / 1024 ** 2) },
      { name: t.series.written(mount), values: rates(system, counter(mount, "written_bytes"), 1 / 1024 ** 2) },
    ]),
  );
}

/** Those of `lines` where anything happens, as machines have many interfaces that nobody uses; all where nothing does. */
function busy(lines: Line[]): Line[] {
  const found = lines.filter(({ values }) => values.some((value) => (value ?? 0) > 0));
  return found.length > 0 ? found : lines;
}

/** How much a counter grew in each second, times `scale`; null where it was set back, or was not there. */
export function rates<T extends { at: number }>(samples: readonly T[], counter: (sample: T) => number | undefined, scale: number): (number | null)[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    const [now, then] = [counter(sample), before && counter(before)];
    if (before === undefined || now === undefined || then === undefined || now < then || sample.at <= before.at) return null;
    return ((now - then) / (sample.at - before.at)) * scale;
  });
}

/** The chart with nothing where nobody looked, so that no line is drawn there. */
export function withGaps(chart: Chart): Chart {
  const { times, lines } = chart;
  const distances = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const usual = [...distances].sort((one, other) => one - other)[distances.length >> 1] ?? 0;
  const gaps = distances.flatMap((distance, index) => (usual > 0 && distance > usual * GAP ? [index + 1] : []));
  if (gaps.length === 0) return chart;
  const filled = <T>(values: readonly T[], between: (index: number) => T): T[] =>
    values.flatMap((value, index) => (gaps.includes(index) ? [between(index), value] : [value]));
  return {
    ...chart,
    times: filled(times, (index) => ((times[index] ?? 0) + (times[index - 1] ?? 0)) / 2),
    lines: lines.map(({ name, values }) => ({ name, values: filled<number | null>(values, () => null) })),
  };
}

/** `chart` from `from` on, in seconds. */
export function since(chart: Chart, from: number): Chart {
  const start = chart.times.findIndex((at) => at >= from);
  const at = start < 0 ? chart.times.length : start;
  return { ...chart, times: chart.times.slice(at), lines: chart.lines.map(({ name, values }) => ({ name, values: values.slice(at) })) };
}

/** From when to when charts show, in seconds: a `span` that ends at `to`, but not much before the `first` sample. */
export function windowOf(first: number, to: number, span: number): [number, number] {
  return [Math.max(to - span, Math.min(first, to - SHORTEST)), to];
}

/** Of rows one after another, `most` that are spread evenly, always with the last one, which comes first. */
export function thinned(length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => length - 1 - index * step);
}

function of<T>(sample: T | undefined, value: (sample: T) => number): number | null {
  return sample === undefined ? null : value(sample);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
