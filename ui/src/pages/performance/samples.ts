/** The figures of the machine, as they are asked for and kept: an hour of them at most, by the server's clock. Pure. */

import type { Schemas } from "../../server/types";

export type SystemSample = Schemas["SystemSample"];
export type GpuSample = Schemas["GpuSample"];
export type Answer = Schemas["Performance"];

/** Something that was seen at a time, in seconds since the epoch. */
export type At<T> = T & { at: number };

export interface History {
  system: readonly At<SystemSample>[];
  gpus: readonly At<GpuSample>[];
  /** GPU memory in MiB that models hold now. */
  models: Readonly<Record<string, number>>;
}

export const EMPTY: History = { system: [], gpus: [], models: {} };
/** Seconds that are kept. */
export const KEPT = 3600;

/** `before` with what the server answered since. What it tells again is taken once. */
export function merged(before: History, answer: Answer): History {
  const system = joined(before.system, answer.sys_stats ?? []);
  const gpus = joined(before.gpus, answer.gpu_stats ?? []);
  const oldest = Math.max(system.at(-1)?.at ?? 0, gpus.at(-1)?.at ?? 0) - KEPT;
  const held = Object.entries(answer.models ?? {}).map(([model, { gpu_mem_mb: mb = 0 }]): [string, number] => [model, mb]);
  return {
    system: system.filter(({ at }) => at >= oldest),
    gpus: gpus.filter(({ at }) => at >= oldest),
    models: Object.fromEntries(held),
  };
}

/** When the latest sample was taken, as the server wrote it; undefined before the first one. */
export function latest({ system, gpus }: History): string | undefined {
  const [one, other] = [system.at(-1), gpus.at(-1)];
  return (one?.at ?? 0) >= (other?.at ?? 0) ? one?.timestamp : other?.timestamp;
}

/** When the first sample was taken that is kept, in seconds; 0 without any. */
export function firstAt({ system, gpus }: History): number {
  return Math.min(system[0]?.at ?? Infinity, gpus[0]?.at ?? Infinity, latestAt({ system, gpus, models: {} }));
}

/** When the latest one was taken, in seconds; 0 before the first one. */
export function latestAt({ system, gpus }: History): number {
  return Math.max(system.at(-1)?.at ?? 0, gpus.at(-1)?.at ?? 0);
}

function joined<T extends { timestamp: string }>(before: readonly At<T>[], more: readonly T[]): At<T>[] {
  const known = before.at(-1)?.at ?? 0;
  const fresh = more.map((sample) => ({ ...sample, at: Date.parse(sample.timestamp) / 1000 })).filter(({ at }) => at > known);
  return [...before, ...fresh];
}
