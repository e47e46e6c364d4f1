/** What becomes of a load that we have asked for, as the schedule shows it. Pure. */

import type { LiveModel, Schedule } from "../../server/types";

export type Course = "goes on" | "ready" | "failed" | "given up";

/** `before`: when the model had failed before we asked; null when it had not. */
export function courseOf(model: LiveModel | undefined, before: number | null): Course {
  if (model === undefined) return "given up";
  if (model.state === "ready") return "ready";
  if (model.failure !== null && model.failure.when !== before) return "failed";
  const idle = model.state === "stopped" || model.state === "shutdown";
  return idle && model.waiting === 0 && model.stage === null ? "given up" : "goes on";
}

export function liveOf({ models }: Schedule, id: string): LiveModel | undefined {
  return models.find((model) => model.id === id);
}
