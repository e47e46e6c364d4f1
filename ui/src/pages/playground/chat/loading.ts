/** What is said while one waits for a model. */

import { wholeSeconds } from "../../../lib/format";
import type { LiveModel, Queued, Stage } from "../../../server/types";
import { t } from "./words";

export interface Note {
  text: string;
  stage: Stage | null;
}

/** For a question to the model called `name` at `now` (seconds, of the server's clock). */
export function noteFor(name: string, model: LiveModel | undefined, queue: readonly Queued[], now: number): Note {
  const stage = model?.stage ?? null;
  if (model?.state === "starting" || stage !== null) {
    return { text: t.loading(name, about(model?.expected_ready, now)), stage };
  }
  const ours = queue.at(-1);
  return { text: ours ? t.queued(name, ours.position - 1, about(ours.expected, now)) : t.waiting(name), stage: null };
}

/** How long it is until `then`, in whole seconds; empty when nobody knows, or it should be over. */
function about(then: number | null | undefined, now: number): string {
  const left = Math.ceil((then ?? now) - now);
  return left > 0 ? wholeSeconds(left) : "";
}
