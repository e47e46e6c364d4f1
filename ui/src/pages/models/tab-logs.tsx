import { place } from "../../app/router";
import { modelNamed } from "../../server/state";
import { LogPanel } from "../logs/log-panel";

/** What the processes of the model that the address names have written. */
export default function ModelLogs() {
  const model = modelNamed(place.value.parts[1] ?? "");
  return model === undefined ? null : <LogPanel path={model.id} name={model.name || model.id} />;
}
