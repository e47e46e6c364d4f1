import { place } from "../../app/router";
import { ask as askServer } from "../../server/api";
import { informed } from "../../server/feed";
import { inflight, serverNow } from "../../server/state";
import { ActivityTable } from "./activity-table";
import { active, filtersOf, parameters } from "./filters";
import { InflightCard } from "./inflight-card";
import { StatsCard, type Stats } from "./stats-card";
import { useLoaded } from "./use-loaded";
import { Welcome } from "./welcome";

/** The landing page: what the server does now, and what it has done. */
export default function Activity() {
  const filters = filtersOf(place.value.query);
  const { loaded } = useLoaded<Stats>("stats", "", JSON.stringify(filters), true, (signal) =>
    askServer<Stats>("GET", "api/metrics/stats", { query: parameters(filters, serverNow()), signal }),
  );
  const filtered = active(filters).length > 0;
  const untouched = loaded.value?.total_requests === 0 && !filtered && loaded.error === "";
  if (untouched && informed.value) {
    return (
      <>
        <Welcome />
        {inflight.value.size > 0 && <InflightCard />}
      </>
    );
  }
  return (
    <>
      <StatsCard loaded={loaded} filtered={filtered} />
      <InflightCard />
      <ActivityTable area="activity" />
    </>
  );
}
