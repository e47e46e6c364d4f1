import { count, fixed } from "../../../lib/format";
import { download } from "../../../lib/download";
import { Button } from "../../../parts/button";
import { Card } from "../../../parts/card";
import { toCsv, toJson } from "./export";
import { peakOf, type Asked } from "./run";
import { job, seen, wanted } from "./state";
import { summaries, type Percentiles, type Summary } from "./stats";
import { t } from "./words";

/** Figures, as soon as something was answered. */
export function Results() {
  const { requests: all, now } = seen.value;
  if (!all.some(({ first, over }) => first !== null || over)) return null;
  return (
    <Card title={t.results} note={t.peak(peakOf(all, now), wanted.value)} actions={!job.running.value && <Exports of={all} />}>
      <div class="table-box" tabIndex={0} role="region" aria-label={t.results}>
        <table class="play-figures">
          <thead>
            <tr>
              <th>{t.model}</th>
              <th class="number">{t.count}</th>
              <th class="number">{t.errors}</th>
              <th class="number">{t.each}</th>
              <th class="number">{t.together}</th>
              <th class="number">
                {t.ttft} <small class="nowrap">{t.percentiles}</small>
              </th>
              <th class="number">
                {t.total} <small class="nowrap">{t.percentiles}</small>
              </th>
            </tr>
          </thead>
          <tbody>
            {summaries(all).map((line) => (
              <Line key={line.model} of={line} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Line({ of }: { of: Summary }) {
  return (
    <tr>
      <th scope="row">{of.model || t.all}</th>
      <td class="number">{count(of.requests)}</td>
      <td class={`number ${of.errors > 0 ? "is-failed" : ""}`}>{count(of.errors)}</td>
      <td class="number">{of.each === null ? "–" : fixed(of.each, 1)}</td>
      <td class="number">{of.together === null ? "–" : fixed(of.together, 1)}</td>
      <td class="number nowrap">{times(of.ttft)}</td>
      <td class="number nowrap">{times(of.total)}</td>
    </tr>
  );
}

function times(of: Percentiles | null): string {
  if (of === null) return "–";
  const all = [of.p50, of.p95, of.p99];
  return of.p99 < 1000 ? t.milliseconds(all.map(count).join(" / ")) : t.seconds(all.map((ms) => fixed(ms / 1000, 2)).join(" / "));
}

function Exports({ of }: { of: readonly Asked[] }) {
  return (
    <>
      <Button small icon="download" aria-label={t.exportAs(t.csv)} onClick={() => download("load-test.csv", toCsv(of), "text/csv;charset=utf-8")}>
        {t.csv}
      </Button>
      <Button small icon="download" aria-label={t.exportAs(t.json)} onClick={() => download("load-test.json", toJson(of), "application/json")}>
        {t.json}
      </Button>
    </>
  );
}
