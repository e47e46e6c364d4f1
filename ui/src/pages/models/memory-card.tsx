import { mebibytes } from "../../lib/format";
import { Card } from "../../parts/card";
import { models, schedule } from "../../server/state";
import { linkTo } from "../../app/router";
import { colours, gpuBars, ramBar, type Bar } from "./memory";
import { t } from "./words";

/** A bar for each GPU, and one for the machine: what is used, and by which model. */
export function MemoryCard() {
  const { gpus, ram, models: live } = schedule.value;
  const last = ramBar({ ram, models: live }, t.memory.machine);
  const bars = [...gpuBars({ gpus, models: live }), ...(last ? [last] : [])];
  if (bars.length === 0) return null;
  const colour = colours(live);
  return (
    <Card title={t.memory.title}>
      <ul class="memory-bars">
        {bars.map((bar) => (
          <li key={bar.id}>
            <MemoryBar bar={bar} colour={colour} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function MemoryBar({ bar, colour }: { bar: Bar; colour: ReadonlyMap<string, number> }) {
  const used = mebibytes(bar.usedMb);
  const total = mebibytes(bar.totalMb);
  return (
    <div class="memory-bar" role="group" aria-label={t.memory.bar(bar.name, used, total)}>
      <strong class="cut" title={bar.name}>
        {bar.name}
      </strong>
      <p class="memory-line">
        <span class="nowrap grow">{t.memory.of(used, total)}</span>
        <span class="muted nowrap">{t.memory.free(mebibytes(Math.max(0, bar.totalMb - bar.usedMb)))}</span>
      </p>
      <div class="bar" aria-hidden="true">
        {bar.parts.map(({ model, mb, share }) => (
          <span key={model} class={kind(model, colour)} style={{ width: `${(share * 100).toFixed(2)}%` }} title={t.memory.part(nameOf(model), mebibytes(mb))} />
        ))}
      </div>
      <ul class="memory-parts">
        {bar.parts.map(({ model, mb }) => (
          <li key={model}>
            <span class={`memory-key ${kind(model, colour)}`} aria-hidden="true" />
            {model === "" ? t.memory.other : <a href={linkTo(["models", model])}>{nameOf(model)}</a>}
            <span class="muted nowrap">{mebibytes(mb)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function kind(model: string, colour: ReadonlyMap<string, number>): string {
  return model === "" ? "memory-other" : `memory-${colour.get(model) ?? 1}`;
}

function nameOf(id: string): string {
  return id === "" ? t.memory.other : models.value.find((model) => model.id === id)?.name || id;
}
