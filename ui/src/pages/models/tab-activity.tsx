import { place } from "../../app/router";
import { modelNamed } from "../../server/state";
import { ActivityTable } from "../activity/activity-table";
import { InflightCard } from "../activity/inflight-card";

/** Requests to the model that the address names: those under way, and those that have ended. */
export default function ModelActivity() {
  const model = modelNamed(place.value.parts[1] ?? "")?.id;
  if (model === undefined) return null;
  return (
    <div class="model-requests">
      <InflightCard model={model} />
      <ActivityTable model={model} area="model" />
    </div>
  );
}
