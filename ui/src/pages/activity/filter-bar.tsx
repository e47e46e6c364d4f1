import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../../app/router";
import { Button } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { SearchField } from "../../parts/search";
import { NO_FILTERS, STATUSES, active, asQuery, toggled, type Filters } from "./filters";
import { IdsAndKey } from "./filter-ids";
import { ModelChoice } from "./filter-models";
import { TimeChoice, timeWords } from "./filter-time";
import { t } from "./words";

/** Milliseconds without a key before a text is searched for. */
const SETTLE = 300;

/** Which rows are shown; all of it stands in the address. */
export function FilterBar({ filters, model }: { filters: Filters; model: string | undefined }) {
  const change = (part: Partial<Filters>): void => ask({ ...asQuery(part), page: "", row: "" });
  const parts = active(filters);
  const on = (part: (typeof parts)[number]): string => (parts.includes(part) ? "filter-on" : "");
  const models = t.filters.models(filters.models);
  const statuses = t.filters.statuses(filters.statuses.map((each) => t.filters.statusNames[each]));
  return (
    <div class="filters" role="search" aria-label={t.filters.label}>
      <TextFilter q={filters.q} onChange={(q) => change({ q })} />
      {model === undefined && (
        <Menu label={models} text={models} icon="models" small class={on("models")}>
          <ModelChoice chosen={filters.models} onChange={(chosen) => change({ models: chosen })} />
        </Menu>
      )}
      <Menu label={statuses} text={statuses} icon="check" small class={on("statuses")}>
        {STATUSES.map((each) => (
          <label key={each}>
            <input type="checkbox" checked={filters.statuses.includes(each)} onChange={() => change({ statuses: toggled(filters.statuses, each) })} />
            {t.filters.statusNames[each]}
          </label>
        ))}
      </Menu>
      <Menu label={timeWords(filters)} text={timeWords(filters)} icon="clock" small class={on("time")}>
        <TimeChoice filters={filters} onChange={change} />
      </Menu>
      <Menu label={t.filters.more} text={t.filters.more} icon="filter" small class={on("ids") || on("key")}>
        <IdsAndKey filters={filters} onChange={change} />
      </Menu>
      <span class="filters-active" role="status">
        {parts.length > 0 && t.filters.active(parts.length)}
      </span>
      {parts.length > 0 && (
        <Button small look="quiet" icon="close" onClick={() => change(NO_FILTERS)}>
          {t.filters.clear}
        </Button>
      )}
    </div>
  );
}

/** Searches once nobody has typed for a moment. */
function TextFilter({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const typed = useSignal(q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (typed.peek().trim() !== q && timer.current === undefined) typed.value = q;
  }, [q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onInput = (text: string): void => {
    typed.value = text;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      onChange(text.trim());
    }, SETTLE);
  };
  return <SearchField label={t.filters.text} value={typed.value} onInput={onInput} />;
}
