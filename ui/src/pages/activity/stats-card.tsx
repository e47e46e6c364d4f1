import { IconButton } from "../../parts/button";
import { Card } from "../../parts/card";
import { count } from "../../lib/format";
import type { Schemas } from "../../server/types";
import type { Loaded } from "./loader";
import { Histogram } from "./histogram-view";
import { kept } from "./kept";
import { t } from "./words";

export type Stats = Schemas["Stats"];

/** Sums and speeds of what the filters show; the speeds can be folded away. */
export function StatsCard({ loaded, filtered }: { loaded: Loaded<Stats>; filtered: boolean }) {
  const { statsOpen: open } = kept("activity");
  const stats = loaded.value;
  const figures: [string, number | undefined][] = [
    [t.stats.requests, stats?.total_requests],
    [t.stats.cached, stats?.total_cache_tokens],
    [t.stats.prompt, stats?.total_input_tokens],
    [t.stats.generated, stats?.total_output_tokens],
  ];
  return (
    <Card
      title={t.stats.title}
      class="stats"
      note={filtered ? t.stats.filtered : undefined}
      actions={
        <IconButton icon={open.value ? "up" : "down"} small label={open.value ? t.stats.fold : t.stats.unfold} aria-expanded={open.value} onClick={() => (open.value = !open.value)} />
      }
    >
      {loaded.error && (
        <p class="problem" role="alert">
          {t.stats.failed(loaded.error)}
        </p>
      )}
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div class="figure" key={name}>
            <dt class="figure-name">{name}</dt>
            <dd class="figure-value">{value === undefined ? t.none : count(value)}</dd>
          </div>
        ))}
      </dl>
      {open.value && (
        <div class="columns">
          <Histogram title={t.stats.prefill} figures={stats?.prompt_histogram ?? null} />
          <Histogram title={t.stats.decode} figures={stats?.gen_histogram ?? null} />
        </div>
      )}
    </Card>
  );
}
