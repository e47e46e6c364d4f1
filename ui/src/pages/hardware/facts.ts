/** What is known of the machine, as names and values in their order: the page shows them, and the report says the same. Pure. */

import { bytes, count } from "../../lib/format";
import type { Schemas } from "../../server/types";
import { t } from "./words";

export type Hardware = Schemas["Hardware"];
type Accelerator = Hardware["accelerators"][number];

export interface Section {
  title: string;
  facts: readonly (readonly [string, string])[];
}

export function system({ operating_system: os, architecture, environment, memory }: Hardware): Section {
  const kind = t.environments[environment.kind];
  return {
    title: t.system,
    facts: [
      [t.os, told(os.name ?? os.raw_family ?? os.family, os.version)],
      [t.kernel, told(os.kernel)],
      [t.architecture, told(architecture.raw_name ?? architecture.name)],
      [t.environment, told(environment.name ?? environment.raw_kind ?? kind, environment.version)],
      [t.memory, bytes(memory.capacity_bytes)],
    ],
  };
}

export function processor({ cpu }: Hardware): Section {
  return {
    title: t.cpu,
    facts: [
      [t.model, told(cpu.model)],
      [t.vendor, told(cpu.vendor)],
      [t.sockets, number(cpu.socket_count)],
      [t.cores, number(cpu.physical_core_count)],
      [t.threads, number(cpu.logical_thread_count)],
    ],
  };
}

export function accelerators({ accelerators: all }: Hardware): Section[] {
  return all.map((each) => ({
    title: t.accelerator(each.index, told(each.model)),
    facts: [
      [t.vendor, told(each.vendor)],
      [t.kind, each.raw_kind ?? t.kinds[each.kind]],
      [t.architecture, told(each.architecture)],
      [t.memory, memoryOf(each)],
      [t.driver, driverOf(each)],
      [t.power, each.power_limit_watts === null ? t.unknown : t.watts(each.power_limit_watts)],
    ],
  }));
}

/** All of it as plain text, as people put it into a bug report. */
export function report(hardware: Hardware): string {
  const sections = [system(hardware), processor(hardware), ...accelerators(hardware)];
  const texts = sections.map(({ title, facts }) => [title, ...facts.map(([name, value]) => `  ${name}: ${value}`)].join("\n"));
  const { name, version } = hardware.capture.detector;
  return [`${t.title} (${name} ${version}, ${hardware.captured_at})`, ...texts].join("\n\n") + "\n";
}

function memoryOf({ memory: { kind, capacity_bytes: size } }: Accelerator): string {
  return size === null ? t.unknown : t.memoryOf(bytes(size), t.memories[kind]);
}

function driverOf({ driver }: Accelerator): string {
  return told(driver?.name, driver?.version);
}

function told(...parts: (string | null | undefined)[]): string {
  return parts.filter(Boolean).join(" ") || t.unknown;
}

function number(value: number | null): string {
  return value === null ? t.unknown : count(value);
}
