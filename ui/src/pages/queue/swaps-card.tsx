import { linkTo } from "../../app/router";
import { clock } from "../../lib/format";
import { Card } from "../../parts/card";
import { beginning } from "../../parts/causes";
import { Loading } from "../../parts/fetched";
import { useNow } from "../../parts/now";
import { informed } from "../../server/feed";
import { may } from "../../server/session";
import { live, local, schedule } from "../../server/state";
import { STAGES, type RunningSwap } from "../../server/types";
import { CancelLoad } from "../models/cancel-load";
import { t } from "./words";

/** What is being loaded, and how far that has come. */
export function SwapsCard() {
  const { swaps } = schedule.value;
  return (
    <Card title={t.now.title}>
      <Told swaps={swaps} />
      {!informed.value ? (
        <Loading />
      ) : swaps.length === 0 ? (
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
    </Card>
  );
}

/** What readers are told as it happens; the clocks beside it are not. */
function Told({ swaps }: { swaps: readonly RunningSwap[] }) {
  return (
    <div class="off-screen" role="status">
      {swaps.map(({ model, stage }) => (
        <p key={model}>{stage === "" ? t.now.begins(nameOf(model)) : t.now.told[stage](nameOf(model))}</p>
      ))}
    </div>
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
          <CancelLoad id={model} name={name} label={t.now.cancelOf(name)}>
            {t.now.cancel}
          </CancelLoad>
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
