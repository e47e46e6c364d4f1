import { linkTo } from "../../app/router";
import { Card } from "../../parts/card";
import { mebibytes } from "../../lib/format";
import { t } from "./words";

/** What running models hold of the graphics cards, the largest first; `total`: MiB of all cards. */
export function ModelMemory({ models, total }: { models: Readonly<Record<string, number>>; total: number }) {
  const held = Object.entries(models).sort(([, one], [, other]) => other - one);
  return (
    <Card title={t.models} note={total > 0 ? t.of(mebibytes(total)) : undefined} class="chart-card">
      {held.length === 0 ? (
        <p class="muted">{t.noModels}</p>
      ) : (
        <ul class="holders">
          {held.map(([model, mb], index) => (
            <li key={model}>
              <a href={linkTo(["models", model])}>{model}</a>
              <span class="number">{mebibytes(mb)}</span>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${total > 0 ? (mb / total) * 100 : 0}%`, background: `var(--series-${(index % 8) + 1})` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
