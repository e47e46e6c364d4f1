import { duration } from "../../../lib/format";
import { Card, Empty } from "../../../parts/card";
import { segmentsOf, ticksOf } from "./bars";
import type { Asked, State } from "./run";
import { job, seen } from "./state";
import { t } from "./words";

const LEGEND: readonly State[] = ["waiting", "loading", "reasoning", "content", "error"];

/** A bar for each request, in the phases that it went through. */
export function Gantt() {
  const { requests: all, now } = seen.value;
  if (all.length === 0) return job.failure.value === null && <Card title={t.timeline}><Empty title={t.emptyTitle}>{t.empty}</Empty></Card>;
  const span = Math.max(...all.map(({ end, state }) => (state === "queued" ? 0 : (end ?? now))), 1);
  return (
    <details class="card play-gantt" open>
      <summary>
        <h2>{t.timeline}</h2>
        <span class="card-note">{duration(span)}</span>
      </summary>
      <Legend />
      <ol class="play-bars">
        {all.map((asked) => (
          <Bar key={asked.index} asked={asked} now={now} span={span} />
        ))}
      </ol>
      <div class="play-ticks" aria-hidden="true">
        {ticksOf(span).map((at) => (
          <span key={at} style={{ left: `${(at / span) * 100}%` }}>
            {duration(at)}
          </span>
        ))}
      </div>
    </details>
  );
}

function Legend() {
  return (
    <ul class="play-legend">
      {LEGEND.map((phase) => (
        <li key={phase}>
          <span class={`play-swatch bar-${phase}`} aria-hidden="true" />
          {t.phases[phase]}
        </li>
      ))}
    </ul>
  );
}

function Bar({ asked, now, span }: { asked: Asked; now: number; span: number }) {
  const { index, model, state, begin, end } = asked;
  const time = state === "queued" ? "" : duration((end ?? now) - begin);
  return (
    <li class="play-bar-row" aria-label={t.bar(index + 1, model, t.phases[state], time)}>
      <span class="play-bar-name cut">
        {index + 1} <span class="muted">{model}</span>
      </span>
      <span class="play-bar-track">
        {segmentsOf(asked, now).map(({ phase, from, to }) => (
          <span key={`${phase} ${from}`} class={`bar-${phase}`} style={{ left: `${(from / span) * 100}%`, width: `${((to - from) / span) * 100}%` }} title={`${t.phases[phase]} ${duration(to - from)}`} />
        ))}
      </span>
      <span class={`play-bar-time ${state === "error" ? "is-failed" : ""}`}>{state === "error" || state === "stopped" ? t.phases[state] : time}</span>
    </li>
  );
}
