import { useEffect } from "preact/hooks";
import { Missing, crumb } from "../../app/page-view";
import { linkTo, place } from "../../app/router";
import { Fetched } from "../../parts/fetched";
import { Icon } from "../../parts/icon";
import { TABS, lastTab, tabFor, type PlaygroundTab } from "./tabs";
import { t } from "./words";

export default function Playground() {
  const tab = tabFor(place.value.parts.slice(1), lastTab.value);
  useEffect(() => {
    if (!tab) return;
    lastTab.value = tab.id;
    crumb.value = tab.name;
  }, [tab]);
  if (!tab) return <Missing />;
  return (
    <div class="playground">
      <TabBar current={tab} />
      <Fetched key={tab.id} load={tab.load} />
    </div>
  );
}

/** Links, as each tab has an address of its own. */
function TabBar({ current }: { current: PlaygroundTab }) {
  return (
    <nav class="play-tabs" aria-label={t.tabsLabel}>
      {TABS.map((tab) => (
        <a key={tab.id} href={linkTo(["playground", tab.id])} aria-current={tab === current ? "page" : undefined}>
          <Icon name={tab.icon} />
          {tab.name}
        </a>
      ))}
    </nav>
  );
}
