import { useComputed, useSignal } from "@preact/signals";
import { look } from "../../app/look";
import { ask, asked } from "../../app/router";
import { Button } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { Confirm } from "../../parts/dialog";
import { Loading } from "../../parts/fetched";
import { SearchField } from "../../parts/search";
import { Switch } from "../../parts/switch";
import { informed } from "../../server/feed";
import { may } from "../../server/session";
import { local, models } from "../../server/state";
import { emptying, endAll, requestsOf } from "./does";
import { groupBy, grouping, pinned, sortBy, sorting } from "./kept";
import { ends, routing, steady } from "./known";
import { Row } from "./row";
import { GROUPINGS, SORTS, listed, matches, sections, type Entry, type Grouping, type Sort } from "./rules";
import { t } from "./words";

/** The models of this server, as they are wished for. */
export function List() {
  const entries = useComputed(() =>
    listed(models.value, steady.value, { sort: sorting(), unlisted: look.showUnlisted.value, pinned: pinned.value }),
  );
  const search = asked("q");
  const found = new Set(entries.value.filter(({ model }) => matches(model, search)).map(({ model }) => model.id));
  const all = local.value.size;
  return (
    <Card title={t.list.label} note={informed.value ? t.list.shown(found.size, all) : undefined} actions={<UnloadAll />} class="models-card">
      <Tools />
      {!informed.value ? (
        <Loading />
      ) : (
        <>
          {found.size === 0 && <Nothing all={all} />}
          <Lines entries={entries.value} found={found} />
        </>
      )}
    </Card>
  );
}

function Tools() {
  const hidden = models.value.filter(({ unlisted, peerID }) => unlisted && peerID === "").length;
  const grouped = routing.value.groups.length + routing.value.sets.length > 1;
  return (
    <div class="models-tools">
      <SearchField value={asked("q")} label={t.list.search} onInput={(q) => ask({ q })} />
      <label class="field-inline">
        <span>{t.list.sort}</span>
        <select value={sorting()} onChange={(event) => sortBy(event.currentTarget.value as Sort)}>
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {t.list.sorts[sort]}
            </option>
          ))}
        </select>
      </label>
      {grouped && (
        <Switch label={t.list.group} on={grouping() === "group"} onChange={(on) => groupBy((on ? GROUPINGS[1] : GROUPINGS[0]) satisfies Grouping)} />
      )}
      {hidden > 0 && (
        <Switch label={t.list.unlisted(hidden)} on={look.showUnlisted.value} onChange={(on) => (look.showUnlisted.value = on)} />
      )}
    </div>
  );
}

function UnloadAll() {
  const asking = useSignal(false);
  if (!may("admin")) return null;
  const running = [...local.value.values()].some(({ state }) => state === "ready" || state === "starting");
  const requests = requestsOf();
  return (
    <>
      <Button small icon="power" busy={emptying.value} disabled={!running || emptying.value} onClick={() => (requests > 0 ? (asking.value = true) : void endAll())}>
        {t.list.unloadAll}
      </Button>
      {asking.value && (
        <Confirm title={t.confirm.all} act={t.confirm.unloadAll} onClose={() => (asking.value = false)} onConfirm={() => void endAll()}>
          <p>{t.confirm.cut(requests)}</p>
        </Confirm>
      )}
    </>
  );
}

/** What is not `found` is hidden and stays drawn, so that a search costs little. */
function Lines({ entries, found }: { entries: readonly Entry[]; found: ReadonlySet<string> }) {
  const parts = grouping() === "group" ? sections(entries, routing.value) : [{ id: "", swap: null, entries }];
  return (
    <div class="models" role="table" aria-label={t.list.label} hidden={found.size === 0}>
      <div role="rowgroup" class="models-head">
        <div role="row" class="model-row">
          {(["model", "state", "use", "memory", "actions"] as const).map((column) => (
            <span role="columnheader" key={column} class={`model-head-${column}`}>
              {t.list.columns[column]}
            </span>
          ))}
        </div>
      </div>
      {parts.map(({ id, swap, entries: own }) => (
        <div role="rowgroup" key={id} class="models-group" hidden={!own.some(({ model }) => found.has(model.id))}>
          {parts.length > 1 && <Heading id={id} swap={swap} />}
          {own.map((entry) => (
            <Row key={entry.model.id} entry={entry} hidden={!found.has(entry.model.id)} end={ends.value.get(entry.model.id)} />
          ))}
        </div>
      ))}
    </div>
  );
}

function Heading({ id, swap }: { id: string; swap: boolean | null }) {
  return (
    <div role="row" class="models-heading">
      <span role="cell">
        <strong>{id === "" ? t.list.ungrouped : id}</strong>
        {swap !== null && <span class="muted"> {swap ? t.list.turns : t.list.together}</span>}
      </span>
    </div>
  );
}

function Nothing({ all }: { all: number }) {
  const search = asked("q");
  if (all === 0) return <Empty title={t.list.none}>{t.list.noneAbout}</Empty>;
  if (search === "") return <Empty title={t.list.onlyUnlisted} />;
  return (
    <Empty title={t.list.noMatch(search)}>
      <Button onClick={() => ask({ q: "" })}>{t.list.clear}</Button>
    </Empty>
  );
}
