import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Loading } from "../../parts/fetched";
import { Button } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { timeOfDay } from "../../lib/format";
import { readTimeline, timeline, uiConfig } from "../../server/state";
import { ChartCard } from "./chart-card";
import { gpuCharts, since, systemCharts, windowOf, type Chart } from "./charts";
import { ModelMemory } from "./model-memory";
import { swapMarks } from "./marks";
import type { Mark } from "./plot";
import { EVERY, WINDOWS, history, known, poll, preferences, problem, refresh } from "./poll";
import { firstAt, latestAt } from "./samples";
import { useTheme } from "./use-theme";
import { t } from "./words";

/** How busy the machine is, and was in the last hour. */
export default function Performance() {
  const every = preferences.every.value;
  const { performance: on } = uiConfig.value;
  useEffect(() => (on === true ? poll(every) : undefined), [every, on]);
  useEffect(() => void readTimeline(), []);
  if (on === false || (on === true && known.value === "off")) return <Empty title={t.off.title}>{t.off.about}</Empty>;
  return (
    <>
      <Controls />
      {problem.value !== "" && (
        <div class="problem" role="alert">
          <span class="grow">{t.failed(problem.value)}</span>
          <Button small icon="retry" onClick={() => void refresh()}>
            {t.retry}
          </Button>
        </div>
      )}
      {known.value === "figures" ? <Figures /> : problem.value === "" && <Loading />}
    </>
  );
}

function Controls() {
  const { minutes, every } = preferences;
  const at = latestAt(history.value);
  const marked = swapMarks(timeline.value).filter((mark) => mark.at >= at - minutes.value * 60 && mark.at <= at).length;
  return (
    <div class="row">
      <label class="field-inline">
        <span>{t.window}</span>
        <select value={String(minutes.value)} onChange={(event) => (minutes.value = Number(event.currentTarget.value))}>
          {WINDOWS.map((each) => (
            <option key={each} value={each}>
              {t.windows(each)}
            </option>
          ))}
        </select>
      </label>
      <label class="field-inline">
        <span>{t.every}</span>
        <select value={String(every.value)} onChange={(event) => (every.value = Number(event.currentTarget.value))}>
          {EVERY.map((each) => (
            <option key={each} value={each}>
              {t.everies(each)}
            </option>
          ))}
        </select>
      </label>
      <Button icon="refresh" onClick={() => void refresh()}>
        {t.refresh}
      </Button>
      {at > 0 && <span class="muted">{t.asOf(timeOfDay(at * 1000))}</span>}
      {marked > 0 && <span class="muted">{t.marks(marked)}</span>}
    </div>
  );
}

function Figures() {
  const theme = useTheme();
  const [from, to] = windowOf(firstAt(history.value), latestAt(history.value), preferences.minutes.value * 60);
  const gpus = useComputed(() => shown(gpuCharts(history.value)));
  const system = useComputed(() => shown(systemCharts(history.value)));
  const marks = useComputed(() => swapMarks(timeline.value));
  if (system.value.length === 0 && gpus.value.length === 0) return <Empty>{t.waiting}</Empty>;
  const newest = new Map(history.value.gpus.map((sample) => [sample.id, sample.mem_total_mb]));
  const total = [...newest.values()].reduce((sum, mb) => sum + mb, 0);
  return (
    <>
      {gpus.value.length === 0 ? (
        <Card title={t.gpus}>
          <p class="muted">{t.noGpus}</p>
        </Card>
      ) : (
        <Section title={t.gpus} charts={gpus.value} from={from} to={to} marks={marks.value} theme={theme}>
          <ModelMemory models={history.value.models} total={total} />
        </Section>
      )}
      <Section title={t.system} charts={system.value} from={from} to={to} marks={marks.value} theme={theme} />
    </>
  );
}

function shown(charts: Chart[]): Chart[] {
  const from = latestAt(history.value) - preferences.minutes.value * 60;
  return charts.map((chart) => since(chart, from));
}

interface SectionProps {
  title: string;
  charts: readonly Chart[];
  from: number;
  to: number;
  marks: readonly Mark[];
  theme: string;
  /** What stands behind them. */
  children?: ComponentChildren;
}

function Section({ title, charts, children, ...more }: SectionProps) {
  if (charts.length === 0) return null;
  return (
    <section class="charts" aria-label={title}>
      {charts.map((chart) => (
        <ChartCard key={chart.id} chart={chart} {...more} />
      ))}
      {children}
    </section>
  );
}
