import { linkTo } from "../../app/router";
import { duration } from "../../lib/format";
import { Moment } from "../../parts/moment";
import { beginning, causeOf } from "../../parts/causes";
import { STAGES, type SwapEntry, type TimelineEntry } from "../../server/types";
import type { Window } from "./gantt";
import { nameOf } from "./swaps-card";
import { t } from "./words";

/** Seconds of a stage that is worth a word. */
const SHORTEST = 0.001;

/** What the chart shows, in words; the latest first. */
export function Table({ entries, window }: { entries: readonly TimelineEntry[]; window: Window }) {
  const c = t.timeline.columns;
  const shown = entries.filter(({ when }) => when >= window.from && when <= window.to).reverse();
  return (
    <div class="table-box timeline-table" tabIndex={0} role="region" aria-label={t.timeline.title}>
      <table>
        <thead>
          <tr>
            <th scope="col">{c.when}</th>
            <th scope="col">{c.model}</th>
            <th scope="col">{c.what}</th>
            <th scope="col">{c.why}</th>
            <th scope="col">{c.took}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((entry) => (
            <tr key={entry.n}>
              <td class="nowrap">
                <Moment when={entry.when} />
              </td>
              <td>
                <a href={linkTo(["models", entry.model])}>{nameOf(entry.model)}</a>
              </td>
              <td>{entry.kind === "swap" ? outcome(entry) : entry.to === "" ? "" : t.timeline.to[entry.to]}</td>
              <td>{entry.kind === "swap" ? reason(entry) : causeOf(entry)}</td>
              <td>{entry.kind === "swap" ? stages(entry) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function outcome({ outcome: word }: SwapEntry): string {
  return Object.hasOwn(t.timeline.swap, word) ? t.timeline.swap[word as keyof typeof t.timeline.swap] : word;
}

function reason({ cause, evicted, error }: SwapEntry): string {
  const parts = [beginning(cause), evicted.length > 0 ? t.timeline.evicted(evicted.map(nameOf).join(", ")) : "", error];
  return parts.filter(Boolean).join("; ");
}

function stages({ stages: taken }: SwapEntry): string {
  return STAGES.flatMap((stage) => {
    const seconds = taken[stage];
    return seconds === undefined || seconds < SHORTEST ? [] : [t.timeline.stage(t.stages[stage], duration(seconds * 1000))];
  }).join(", ");
}
