import { useEffect } from "preact/hooks";
import { Figure } from "../../parts/figure";
import { crumb } from "../../app/page-view";
import { linkTo } from "../../app/router";
import { ago, count, mebibytes } from "../../lib/format";
import { Empty } from "../../parts/card";
import { Fetched, Loading, type Load } from "../../parts/fetched";
import { useNow } from "../../parts/now";
import { StateMark } from "../../parts/state";
import { TabPanel, Tabs, currentTab, type Tab } from "../../parts/tabs";
import { informed } from "../../server/feed";
import { may } from "../../server/session";
import { modelNamed } from "../../server/state";
import type { LiveModel, Model } from "../../server/types";
import { Failure } from "./failure";
import { ends, steady } from "./known";
import { LoadButton } from "./load-button";
import { LoadState } from "./load-state";
import { ModelDetails } from "./model-details";
import { Capabilities, OwnPage } from "./row";
import { t } from "./words";

/** One model, by its ID or an alias. */
export function ModelPage({ name }: { name: string }) {
  const model = modelNamed(name);
  useEffect(() => {
    crumb.value = model?.name || model?.id || name;
    return () => {
      crumb.value = "";
    };
  }, [model?.name, model?.id, name]);
  if (!model) return informed.value ? <Missing name={name} /> : <Loading />;
  const live = steady.value.get(model.id);
  return (
    <>
      <Head model={model} live={live} />
      {model.peerID === "" ? <Parts model={model} /> : <p class="hint">{t.detail.peer(model.peerID)}</p>}
    </>
  );
}

function Head({ model, live }: { model: Model; live: LiveModel | undefined }) {
  const aliases = model.aliases ?? [];
  return (
    <section class="card model-head" aria-labelledby="model-name">
      <div class="model-head-line">
        <div class="grow">
          <h2 id="model-name">
            {model.name || model.id} {model.name && <span class="muted mono model-id">{model.id}</span>}
          </h2>
          {model.peerID === "" ? <LoadState model={model} live={live} end={ends.value.get(model.id)} /> : <StateMark state="" />}
        </div>
        <div class="row">
          {model.peerID === "" && <OwnPage model={model} />}
          <LoadButton model={model} live={live} small={false} />
        </div>
      </div>
      {model.description && <p>{model.description}</p>}
      <p class="row">
        {aliases.length > 0 && <span class="muted">{t.detail.aliases(aliases.join(", "))}</span>}
        {model.unlisted && <span class="tag">{t.unlisted}</span>}
        <Capabilities model={model} />
      </p>
      {live?.failure && <Failure model={model} failure={live.failure} open />}
      {model.peerID === "" && <Figures live={live} />}
    </section>
  );
}

function Figures({ live }: { live: LiveModel | undefined }) {
  const memory = live?.memory;
  return (
    <div class="figures">
      <Figure name={t.detail.figures.serving} value={count(live?.serving ?? 0)} />
      <Figure name={t.detail.figures.waiting} value={count(live?.waiting ?? 0)} />
      <Figure name={t.detail.figures.requests} value={count(live?.requests ?? 0)} />
      {memory && memory.gpu_mb > 0 && <Figure name={t.detail.figures.memory} value={mebibytes(memory.gpu_mb)} />}
      {memory && memory.ram_mb > 0 && <Figure name={t.detail.figures.ram} value={mebibytes(memory.ram_mb)} />}
      <LastUse at={live?.last_used ?? null} />
    </div>
  );
}

function LastUse({ at }: { at: number | null }) {
  const now = useNow();
  return <Figure name={t.detail.figures.used} value={at === null ? t.detail.figures.never : ago(at * 1000, now)} />;
}

/** What is fetched when it is looked at. */
const FETCHED: Readonly<Record<string, Load>> = {
  activity: () => import("./tab-activity"),
  logs: () => import("./tab-logs"),
};

function Parts({ model }: { model: Model }) {
  const tabs: Tab[] = [
    { id: "activity", name: t.detail.activity },
    ...(may("admin") ? [{ id: "logs", name: t.detail.logs }] : []),
    { id: "details", name: t.detail.details },
  ];
  const tab = currentTab(tabs);
  const load = FETCHED[tab];
  return (
    <div>
      <Tabs tabs={tabs} label={t.detail.tabs} />
      <TabPanel tab={tab}>{load ? <Fetched key={tab} load={load} /> : <ModelDetails key={model.id} id={model.id} />}</TabPanel>
    </div>
  );
}

function Missing({ name }: { name: string }) {
  return (
    <Empty title={t.detail.missing(name)}>
      <p>{t.detail.missingAbout}</p>
      <a class="button button-primary" href={linkTo(["models"])}>
        {t.detail.toList}
      </a>
    </Empty>
  );
}

