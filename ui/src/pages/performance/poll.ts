/** Asking for the figures again and again, only those that are new, and never while nobody looks. */

import { signal } from "@preact/signals";
import { ApiError, ask, isAbort, messageOf } from "../../server/api";
import { whileSeen } from "../../lib/sight";
import { stored } from "../../lib/stored";
import { EMPTY, latest, merged, type Answer, type History } from "./samples";

/** Minutes that can be shown, and seconds between two questions; 0: never. */
export const WINDOWS = [5, 15, 60] as const;
export const EVERY = [0, 5, 10, 30, 60] as const;

export const preferences = stored(
  "performance",
  { minutes: 15, every: 5 },
  {
    minutes: (value): value is number => WINDOWS.includes(value as (typeof WINDOWS)[number]),
    every: (value): value is number => EVERY.includes(value as (typeof EVERY)[number]),
  },
);

export const history = signal<History>(EMPTY);
/** Whether anything was answered yet; `off`: that nothing is watched. */
export const known = signal<"nothing" | "figures" | "off">("nothing");
/** Why the last question had no answer; empty: it had one. */
export const problem = signal("");

/** Ask for what is new, once. Never rejects. */
export async function refresh(abort?: AbortSignal): Promise<void> {
  try {
    const answer = await ask<Answer>("GET", "api/performance", { query: { after: latest(history.peek()) }, signal: abort });
    history.value = merged(history.peek(), answer);
    known.value = "figures";
    problem.value = "";
  } catch (error) {
    if (isAbort(error)) return;
    if (isOff(error)) known.value = "off";
    problem.value = isOff(error) ? "" : messageOf(error);
  }
}

function isOff(error: unknown): boolean {
  const body = error instanceof ApiError ? error.body : null;
  return typeof body === "object" && body !== null && "enabled" in body && body.enabled === false;
}

/** Refresh every `seconds` (0: only now) while the page can be seen, and when it can be seen again; returns what ends that. */
export function poll(seconds: number): () => void {
  let abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async ({ signal: over }: AbortController): Promise<void> => {
    await refresh(over);
    if (!over.aborted && seconds > 0) timer = setTimeout(() => void turn(abort), seconds * 1000);
  };
  const rest = (): void => {
    abort.abort();
    clearTimeout(timer);
  };
  const end = whileSeen(
    () => void turn((abort = new AbortController())),
    rest,
  );
  return () => {
    end();
    rest();
  };
}
