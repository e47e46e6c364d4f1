import { ActivityTable } from "./activity-table";
import { InflightCard } from "./inflight-card";

/** The landing page: what the server does now, and what it has done. */
export default function Activity() {
  return (
    <>
      <InflightCard />
      <ActivityTable area="activity" />
    </>
  );
}
