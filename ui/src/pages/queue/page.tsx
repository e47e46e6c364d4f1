import { useEffect } from "preact/hooks";
import { readTimeline } from "../../server/state";
import { SwapsCard } from "./swaps-card";
import { TimelineCard } from "./timeline-card";
import { WaitingCard } from "./waiting-card";

export default function Queue() {
  useEffect(() => void readTimeline(), []);
  return (
    <>
      <SwapsCard />
      <WaitingCard />
      <TimelineCard />
    </>
  );
}
