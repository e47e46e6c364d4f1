/** What is said while one waits for a model. */

import { wholeSeconds } from "../../../lib/format";
import type { LiveModel, Queued, Stage } from "../../../server/types";
import { t } from "./words";

export interface Note {
  text: string;
  /** How long it takes still; empty when nobody knows. It changes every second. */
  left: string;
  stage: Stage | null;
}

/** For a question to the model called `name` at `now` (seconds, of the server's clock). */
export function noteFor(name: string, model: LiveModel | undefined, queue: readonly Queued[], now: number): Note {
  const stage = model?.stage ?? null;
  if (model?.state === "starting" || stage !== null) {
    return { text: t.loading(name), left: about(model?.expected_ready, now), stage };
  }
  const ours = queue.at(-1);
  if (!ours) return { text: t.waiting(name), left: "", stage: null };
  return { text: t.queued(name, ours.position - 1), left: about(ours.expected, now), stage: null };
}

/** How long it is until `then`; empty when nobody knows, or it should be over. */
function about(then: number | null | undefined, now: number): string {
  const left = Math.ceil((then ?? now) - now);
  return left > 0 ? t.about(wholeSeconds(left)) : "";
}
