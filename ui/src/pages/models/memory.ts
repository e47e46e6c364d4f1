/** Who holds how much memory of what. Pure. */

import type { Schedule } from "../../server/types";

/** A part of a bar. */
export interface Part {
  /** The model's ID; empty: what no model here holds. */
  model: string;
  mb: number;
  /** Of the bar, from 0 to 1. */
  share: number;
}

export interface Bar {
  id: string;
  name: string;
  usedMb: number;
  totalMb: number;
  parts: Part[];
}

/** A bar for each GPU, by number. */
export function gpuBars({ gpus, models }: Pick<Schedule, "gpus" | "models">): Bar[] {
  const twins = new Map<string, number>();
  for (const { name } of gpus) twins.set(name, (twins.get(name) ?? 0) + 1);
  return [...gpus]
    .sort((one, other) => one.id - other.id)
    .map((gpu) => {
      const held = models.map(({ id, memory }): [string, number] => [id, memory?.gpus.find((each) => each.id === gpu.id)?.mb ?? 0]);
      const name = (twins.get(gpu.name) ?? 0) > 1 || gpu.name === "" ? `GPU ${gpu.id} ${gpu.name}`.trim() : gpu.name;
      return bar(`gpu-${gpu.id}`, name, gpu.used_mb, gpu.total_mb, held);
    });
}

/** The bar of the machine's memory; null while it is not watched. */
export function ramBar({ ram, models }: Pick<Schedule, "ram" | "models">, name: string): Bar | null {
  if (!ram || ram.total_mb <= 0) return null;
  const held = models.map(({ id, memory }): [string, number] => [id, memory?.ram_mb ?? 0]);
  return bar("ram", name, ram.used_mb, ram.total_mb, held);
}

/** What models are said to hold is never more than what is used: shared memory is counted more than once. */
function bar(id: string, name: string, usedMb: number, totalMb: number, held: readonly [string, number][]): Bar {
  const total = Math.max(totalMb, usedMb, 1);
  const sum = held.reduce((all, [, mb]) => all + mb, 0);
  const scale = sum > usedMb ? usedMb / sum : 1;
  const parts = held.filter(([, mb]) => mb > 0).map(([model, mb]): Part => ({ model, mb, share: (mb * scale) / total }));
  const rest = usedMb - Math.min(sum, usedMb);
  if (rest > 0) parts.push({ model: "", mb: rest, share: rest / total });
  return { id, name, usedMb, totalMb, parts };
}

/** Colours are given to models that hold memory, in the order of their IDs, so that they are the same in each bar. */
export function colours(models: readonly { id: string; memory: unknown }[], kinds = 8): Map<string, number> {
  const holders = models.filter(({ memory }) => memory).map(({ id }) => id);
  return new Map(holders.sort().map((id, index) => [id, (index % kinds) + 1]));
}
