import { words } from "../i18n";
import type { ModelState } from "../server/types";

export const t = words("state", {
  stopped: "stopped",
  starting: "starting",
  ready: "ready",
  stopping: "stopping",
  shutdown: "shutting down",
  peer: "peer",
  failed: "failed",
});

/** The word for a state. */
function stateWord(state: ModelState, failed = false): string {
  if (failed && (state === "stopped" || state === "")) return t.failed;
  return state === "" ? t.peer : t[state];
}

/** A dot with the word for a state; `dot` shows the dot alone, beside what says the word elsewhere. */
export function StateMark({ state, failed = false, dot = false }: { state: ModelState; failed?: boolean; dot?: boolean }) {
  const kind = failed && state === "stopped" ? "failed" : state || "peer";
  return (
    <span class={`state state-${kind}`}>
      <span class="dot" aria-hidden="true" />
      <span class={dot ? "off-screen" : "state-word"}>{stateWord(state, failed)}</span>
    </span>
  );
}
