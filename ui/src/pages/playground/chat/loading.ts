/** What is said while one waits for a model. */

import { duration } from "../../../lib/format";
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
    const left = model?.expected_ready == null ? 0 : Math.ceil(model.expected_ready - now);
    return { text: t.loading(name, left > 0 ? duration(left * 1000).replace(/[.,]0+(?= )/, "") : ""), stage };
  }
  const ours = queue.at(-1);
  return { text: ours ? t.queued(name, ours.position) : t.waiting(name), stage: null };
}
