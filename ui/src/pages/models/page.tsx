import { useEffect } from "preact/hooks";
import { place } from "../../app/router";
import { readTimeline } from "../../server/state";
import { readAround, setup } from "./known";
import { List } from "./list";
import { MemoryCard } from "./memory-card";
import { ModelPage } from "./model-page";
import { PeersCard, ProfilesCard, SelectorsCard } from "./side-cards";

export default function Models() {
  const [, id] = place.value.parts;
  useEffect(() => void readTimeline(), []);
  useEffect(() => void readAround(), [setup.value]);
  return id === undefined ? <Overview /> : <ModelPage name={id} />;
}

function Overview() {
  return (
    <>
      <MemoryCard />
      <List />
      <div class="columns">
        <ProfilesCard />
        <SelectorsCard />
        <PeersCard />
      </div>
    </>
  );
}
