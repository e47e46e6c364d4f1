import { SPANS, type Filters, type Span } from "./filters";
import { t } from "./words";

/** What the choice of a time says. */
export function timeWords({ last, start, end }: Filters): string {
  if (last) return t.filters.spans[last];
  return start || end ? t.filters.between : t.filters.anyTime;
}

/** When the requests ended: a time up to now, or bounds. */
export function TimeChoice({ filters, onChange }: { filters: Filters; onChange: (part: Partial<Filters>) => void }) {
  const { last, start, end } = filters;
  const choose = (span: Span | ""): void => onChange({ last: span, start: "", end: "" });
  return (
    <>
      {["", ...(Object.keys(SPANS) as Span[])].map((span) => (
        <label key={span}>
          <input type="radio" name="last" checked={span === last && !start && !end} onChange={() => choose(span as Span | "")} />
          {span === "" ? t.filters.anyTime : t.filters.spans[span as Span]}
        </label>
      ))}
      <div class="filter-fields">
        <label class="field">
          <span>{t.filters.from}</span>
          <input type="datetime-local" value={start} max={end || undefined} onChange={(event) => onChange({ last: "", start: event.currentTarget.value.slice(0, 16) })} />
        </label>
        <label class="field">
          <span>{t.filters.to}</span>
          <input type="datetime-local" value={end} min={start || undefined} onChange={(event) => onChange({ last: "", end: event.currentTarget.value.slice(0, 16) })} />
        </label>
      </div>
    </>
  );
}
