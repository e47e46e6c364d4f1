/** How the chat asks, as the user wants it; kept by the browser. */

import { stored } from "../../../lib/stored";
import { PROTOCOLS, type ProtocolName } from "./protocols";
import type { Sampling } from "./protocols/protocol";

export const EFFORTS = ["", "low", "medium", "high"] as const;
export type Effort = (typeof EFFORTS)[number];

type Settings = {
  protocol: ProtocolName;
  system: string;
  temperature: number | null;
  maxTokens: number | null;
  topP: number | null;
  seed: number | null;
  /** Texts at which to stop, one a line. */
  stop: string;
  effort: Effort;
  /** Conversations are listed beside the chat. */
  listed: boolean;
};

const numberOrNull = (least: number, most: number) => (value: unknown): value is number | null => value === null || (typeof value === "number" && value >= least && value <= most);

export const LIMITS = { temperature: [0, 2], maxTokens: [1, 1_000_000], topP: [0, 1], seed: [0, 4_294_967_295] } as const;

export const settings = stored<Settings>(
  "playground.chat",
  { protocol: "completions", system: "", temperature: 0.7, maxTokens: 4096, topP: null, seed: null, stop: "", effort: "", listed: true },
  {
    protocol: (value): value is ProtocolName => typeof value === "string" && Object.hasOwn(PROTOCOLS, value),
    temperature: numberOrNull(...LIMITS.temperature),
    maxTokens: numberOrNull(...LIMITS.maxTokens),
    topP: numberOrNull(...LIMITS.topP),
    seed: numberOrNull(...LIMITS.seed),
    effort: (value): value is Effort => EFFORTS.includes(value as Effort),
  },
);

/** The settings as protocols want them. */
export function samplingNow(): Sampling {
  const { system, temperature, maxTokens, topP, seed, stop, effort } = settings;
  return {
    system: system.value,
    temperature: temperature.value,
    maxTokens: maxTokens.value,
    topP: topP.value,
    seed: seed.value,
    stop: stopsOf(stop.value),
    effort: effort.value,
  };
}

/** The texts of the lines of `typed`; `\n` in them stands for a new line. */
export function stopsOf(typed: string): string[] {
  return typed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/\\n/g, "\n"))
    .slice(0, 16);
}
