import { useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Card, Empty } from "../../parts/card";
import { Button } from "../../parts/button";
import { timeOfDay } from "../../lib/format";
import { thinned, type Chart } from "./charts";
import { draw, coloursOf, lookOf, type Drawn, type Mark } from "./plot";
import { withUnit } from "./units";
import { t } from "./words";

/** Rows of the table. */
const ROWS = 30;

export interface ChartCardProps {
  chart: Chart;
  /** What is shown, in seconds since the epoch. */
  from: number;
  to: number;
  marks: readonly Mark[];
  /** Changes with the theme, whose colours are drawn. */
  theme: string;
}

/** Lines over time; the same as a table for those who cannot see them. */
export function ChartCard({ chart, from, to, marks, theme }: ChartCardProps) {
  const asTable = useSignal(false);
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const pointer = useSignal<number | null>(null);
  const title = t.charts[chart.id];
  return (
    <Card
      title={title}
      class="chart-card"
      note={chart.unit === "MiB" && chart.most ? t.of(withUnit(chart.most, "MiB")) : chart.unit}
      actions={
        <Button small look="quiet" icon={asTable.value ? "activity" : "table"} aria-pressed={asTable.value} aria-label={`${title}: ${t.table}`} onClick={() => (asTable.value = !asTable.value)}>
          {t.table}
        </Button>
      }
    >
      {asTable.value ? (
        <Values chart={chart} title={title} />
      ) : (
        <>
          <Plot key={`${theme} ${chart.lines.map(({ name }) => name).join("\n")}`} chart={chart} from={from} to={to} marks={marks} hidden={hidden} pointer={pointer} />
          <Legend chart={chart} hidden={hidden} pointer={pointer} />
        </>
      )}
    </Card>
  );
}

interface PlotProps extends Omit<ChartCardProps, "theme"> {
  hidden: ReadonlySignal<ReadonlySet<string>>;
  pointer: Signal<number | null>;
}

function Plot({ chart, from, to, marks, hidden, pointer }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useSignal<Drawn | null>(null);
  const failed = useSignal(false);
  const tries = useSignal(0);
  useEffect(() => {
    const { current: element } = box;
    if (!element) return;
    let wanted = true;
    const observer = new ResizeObserver(() => drawn.peek()?.resize(element.clientWidth));
    observer.observe(element);
    failed.value = false;
    draw(element, chart, coloursOf(element), (index) => (pointer.value = index)).then(
      (made) => {
        if (wanted) drawn.value = made;
        else made.end();
      },
      () => wanted && (failed.value = true),
    );
    return () => {
      wanted = false;
      observer.disconnect();
      drawn.peek()?.end();
    };
  }, [tries.value]);
  useLayoutEffect(() => drawn.value?.update(chart, from, to, marks), [drawn.value, chart, from, to, marks]);
  useLayoutEffect(() => drawn.value?.show(hidden.value), [drawn.value, hidden.value]);
  const latest = chart.lines.map(({ name, values }) => `${name} ${withUnit(values.at(-1), chart.unit)}`).join(", ");
  return (
    <>
      {failed.value && <NotDrawn title={t.charts[chart.id]} onRetry={() => (tries.value += 1)} />}
      <div ref={box} class="plot" hidden={failed.value} role="img" aria-label={t.now(t.charts[chart.id], latest)} onPointerLeave={() => (pointer.value = null)} />
    </>
  );
}

/** What stands for a chart whose code could not be fetched. */
function NotDrawn({ title, onRetry }: { title: string; onRetry: () => void }) {
  return (
    <div class="plot-failed" role="alert">
      <Empty title={t.notDrawn}>
        <Button small icon="retry" aria-label={`${title}: ${t.retry}`} onClick={onRetry}>
          {t.retry}
        </Button>
      </Empty>
    </div>
  );
}

/** Names and values of the lines: those at the pointer, or the latest. A click hides a line or shows it again. */
function Legend({ chart, hidden, pointer }: { chart: Chart; hidden: Signal<ReadonlySet<string>>; pointer: ReadonlySignal<number | null> }) {
  const at = pointer.value ?? chart.times.length - 1;
  const toggle = (name: string): void => {
    const next = new Set(hidden.value);
    if (!next.delete(name)) next.add(name);
    hidden.value = next;
  };
  return (
    <ul class="legend">
      {chart.lines.map(({ name, values }, index) => {
        const { series, dash } = lookOf(index);
        return (
          <li key={name}>
            <button type="button" class="legend-entry" aria-pressed={!hidden.value.has(name)} onClick={() => toggle(name)}>
              <svg width="22" height="8" aria-hidden="true">
                <line x1="0" y1="4" x2="22" y2="4" stroke={`var(--series-${series + 1})`} stroke-width="2.5" stroke-dasharray={dash.join(" ")} />
              </svg>
              <span>{name}</span>
              <strong>{withUnit(values[at], chart.unit)}</strong>
            </button>
          </li>
        );
      })}
      {pointer.value !== null && <li class="legend-time">{timeOfDay((chart.times[at] ?? 0) * 1000)}</li>}
    </ul>
  );
}

function Values({ chart, title }: { chart: Chart; title: string }) {
  return (
    <div class="table-box chart-table" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {chart.lines.map(({ name }) => (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {thinned(chart.times.length, ROWS).map((row) => (
            <tr key={chart.times[row]}>
              <th scope="row">{timeOfDay((chart.times[row] ?? 0) * 1000)}</th>
              {chart.lines.map(({ name, values }) => (
                <td class="number" key={name}>
                  {withUnit(values[row], chart.unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
