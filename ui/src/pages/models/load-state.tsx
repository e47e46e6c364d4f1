import { StateMark } from "../../parts/state";
import { useNow } from "../../parts/now";
import { ago, clock } from "../../lib/format";
import type { LiveModel, Model, StateEntry } from "../../server/types";
import { ending } from "../../parts/causes";
import { progress } from "./rules";
import { t } from "./words";

/** How it is with a model: its state, how far a load has come, when an idle one goes, and why it went. */
export function LoadState({ model, live, end }: { model: Model; live: LiveModel | undefined; end: StateEntry | undefined }) {
  const failed = Boolean(live?.failure) && model.state === "stopped";
  return (
    <div class="load-state">
      <StateMark state={model.state} failed={failed} />
      <span class="load-note">
        <Note model={model} live={live} end={end} failed={failed} />
      </span>
      {live?.stage && model.state !== "ready" && <Progress model={model} live={live} />}
    </div>
  );
}

function Note({ model, live, end, failed }: { model: Model; live: LiveModel | undefined; end: StateEntry | undefined; failed: boolean }) {
  if (live?.stage) return <Stage live={live} stage={live.stage} />;
  if (live && failed && live.failure) return <FailedSince when={live.failure.when} />;
  if (model.state === "ready" && live?.expires) return <Countdown expires={live.expires} />;
  if (model.state === "ready" && live && live.ttl > 0) return <>{t.use.kept}</>;
  if (model.state === "stopped" && end) return <>{t.use.ended(ending(end.cause, end.detail), end.from === "starting")}</>;
  return null;
}

function Stage({ live, stage }: { live: LiveModel; stage: NonNullable<LiveModel["stage"]> }) {
  const now = useNow() / 1000;
  const left = live.expected_ready === null ? null : live.expected_ready - now;
  const estimate = left === null ? "" : left < 1 ? t.load.soon : t.load.about(clock(left));
  const since = live.stage_since === null ? "" : t.load.since(clock(now - live.stage_since));
  return <>{[`${t.stages[stage]} ${since}`.trim(), estimate].filter(Boolean).join(" · ")}</>;
}

function Progress({ model, live }: { model: Model; live: LiveModel }) {
  const share = progress(live, useNow());
  if (share === null) return null;
  return (
    <progress class="load-progress" max={100} value={Math.round(share * 100)} aria-label={t.load.progress(model.name || model.id)} />
  );
}

/** How long an idle model has left. */
function Countdown({ expires }: { expires: number }) {
  const left = expires - useNow() / 1000;
  return <>{t.use.expires(clock(Math.max(0, Math.ceil(left))))}</>;
}

function FailedSince({ when }: { when: number }) {
  return <>{t.failures.when(ago(when * 1000, useNow()))}</>;
}
