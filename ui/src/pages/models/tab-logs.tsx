import { useMemo } from "preact/hooks";
import { asked, place } from "../../app/router";
import { modelNamed, serverNow } from "../../server/state";
import { LogPanel } from "../logs/log-panel";

/** A failure is told in whole seconds, and its last lines may take a moment to come here. */
const ROUND = 1000;

/** What the processes of the model that the address names have written; `at` in it is when it failed, in seconds since the epoch. */
export default function ModelLogs() {
  const model = modelNamed(place.value.parts[1] ?? "");
  const failed = Number(asked("at"));
  const at = useMemo(() => (failed > 0 ? failed * 1000 + ROUND + Date.now() - serverNow() : 0), [failed]);
  return model === undefined ? null : <LogPanel key={model.id} path={model.id} name={model.name || model.id} at={at} />;
}
