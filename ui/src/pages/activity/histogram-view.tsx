import { count, fixed, speed } from "../../lib/format";
import { drawing, type Histogram as Figures } from "./histogram";
import { t } from "./words";

/** How speeds are spread, with the percentiles named; a table says the same to those who do not see it. */
export function Histogram({ title, figures }: { title: string; figures: Figures | null }) {
  return (
    <figure class="histogram">
      <figcaption>{title}</figcaption>
      {figures === null ? <p class="histogram-none muted">{t.stats.none}</p> : <Drawn title={title} figures={figures} />}
    </figure>
  );
}

function Drawn({ title, figures }: { title: string; figures: Figures }) {
  const { most, bars, marks } = drawing(figures);
  return (
    <>
      <div class="histogram-plot" aria-hidden="true">
        <div class="histogram-scale">
          <span>{count(most)}</span>
          {most > 1 && <span>{fixed(most / 2, most % 2 === 0 ? 0 : 1)}</span>}
          <span>0</span>
        </div>
        <div class="histogram-bars">
          {bars.map(({ height, count: n, from, to }, index) => (
            <span key={index} class="histogram-bar" title={t.stats.bar(speed(from), speed(to), n)}>
              <span style={{ height: `${height * 100}%` }} />
            </span>
          ))}
          {marks.map(({ name, at, value }) => (
            <span key={name} class={`histogram-mark mark-${name}`} style={{ insetInlineStart: `${at * 100}%` }} title={t.stats.mark(name, speed(value))} />
          ))}
        </div>
        <div class="histogram-axis">
          <span>{fixed(figures.min, 1)}</span>
          <span>{t.stats.unit}</span>
          <span>{fixed(figures.max, 1)}</span>
        </div>
      </div>
      <ul class="histogram-legend">
        {marks.map(({ name, value }) => (
          <li key={name}>
            <span class={`histogram-sample mark-${name}`} aria-hidden="true" />
            {t.stats.mark(name, speed(value))}
          </li>
        ))}
      </ul>
      <table class="off-screen">
        <caption>{title}</caption>
        <tbody>
          {bars.map(({ from, to, count: n }, index) => (
            <tr key={index}>
              <th scope="row">{t.stats.range(speed(from), speed(to))}</th>
              <td>{t.table.of(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
