import { linkTo } from "../../app/router";
import { clock } from "../../lib/format";
import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { beginning } from "../../parts/causes";
import { useNow } from "../../parts/now";
import { attempt } from "../../parts/toasts";
import { unload } from "../../server/actions";
import { may } from "../../server/session";
import { live, local, schedule } from "../../server/state";
import { STAGES, type RunningSwap } from "../../server/types";
import { t } from "./words";

/** What is being loaded, and how far that has come. */
export function SwapsCard() {
  const { swaps } = schedule.value;
  return (
    <Card title={t.now.title}>
      <div aria-live="polite">
        {swaps.length === 0 ? (
          <p class="muted">{t.now.none}</p>
        ) : (
          <ul class="swaps">
            {swaps.map((swap) => (
              <li key={swap.model}>
                <Swap swap={swap} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

function Swap({ swap: { model, evicts, cause, stage, since } }: { swap: RunningSwap }) {
  const name = nameOf(model);
  return (
    <>
      <p class="row">
        <a href={linkTo(["models", model])}>
          <strong>{name}</strong>
        </a>
        <span class="muted">{beginning(cause)}</span>
        {evicts.length > 0 && <span class="muted">{t.now.evicts(evicts.map(nameOf).join(", "))}</span>}
        <span class="grow" />
        {may("admin") && (
          <Button small icon="cancel" aria-label={t.now.cancelOf(name)} onClick={() => void attempt(t.now.failed(name), () => unload(model))}>
            {t.now.cancel}
          </Button>
        )}
      </p>
      <ol class="swap-stages" aria-label={t.now.steps(name)}>
        {STAGES.map((each, index) => {
          const at = stage === "" ? -1 : STAGES.indexOf(stage);
          const kind = index < at ? "past" : index === at ? "current" : "next";
          return (
            <li key={each} class={`swap-stage swap-stage-${kind}`} aria-current={kind === "current" ? "step" : undefined}>
              <span>{t.stages[each]}</span>
              {kind === "current" && <Passed model={model} since={since} />}
            </li>
          );
        })}
      </ol>
    </>
  );
}

function Passed({ model, since }: { model: string; since: number }) {
  const now = useNow() / 1000;
  const expected = live.value.get(model)?.expected_ready ?? null;
  const left = expected === null ? null : expected - now;
  const words = left === null ? "" : left < 1 ? t.now.soon : t.now.left(clock(left));
  return <span class="swap-stage-time">{[clock(now - since), words].filter(Boolean).join(" · ")}</span>;
}

export function nameOf(id: string): string {
  return local.value.get(id)?.name || id;
}
