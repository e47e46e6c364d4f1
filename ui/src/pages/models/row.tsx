import { useMemo } from "preact/hooks";
import { look } from "../../app/look";
import { linkTo } from "../../app/router";
import { ago, contextSize, count, mebibytes } from "../../lib/format";
import { ownServer } from "../../lib/paths";
import { IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { useNow } from "../../parts/now";
import { address } from "../../server/api";
import type { LiveModel, Model, StateEntry } from "../../server/types";
import { Failure } from "./failure";
import { togglePin } from "./kept";
import { LoadButton } from "./load-button";
import { LoadState } from "./load-state";
import type { Entry } from "./rules";
import { t } from "./words";

/** A model of the list; its cells are drawn again only when something of it has changed. */
export function Row({ entry: { model, live, pinned }, end, hidden }: { entry: Entry; end: StateEntry | undefined; hidden: boolean }) {
  const cells = useMemo(() => <Cells model={model} live={live} pinned={pinned} end={end} />, [model, live, pinned, end]);
  return (
    <div class="model-row" role="row" hidden={hidden}>
      {cells}
    </div>
  );
}

function Cells({ model, live, pinned, end }: Entry & { end: StateEntry | undefined }) {
  const name = model.name || model.id;
  return (
    <>
      <div class="model-name" role="cell">
        <IconButton small icon="pin" class="model-pin" label={pinned ? t.unpin(name) : t.pin(name)} aria-pressed={pinned} onClick={() => togglePin(model.id)} />
        <Name model={model} />
      </div>
      <div class="model-state" role="cell">
        <LoadState model={model} live={live} end={end} />
      </div>
      <div class="model-use" role="cell">
        <Use live={live} />
      </div>
      <div class="model-memory" role="cell">
        <Memory live={live} />
      </div>
      <div class="model-actions" role="cell">
        <OwnPage model={model} />
        <LoadButton model={model} live={live} />
      </div>
      {live?.failure && model.state === "stopped" && (
        <div class="model-failure" role="cell">
          <Failure model={model} failure={live.failure} />
        </div>
      )}
    </>
  );
}

function Name({ model }: { model: Model }) {
  const aliases = model.aliases ?? [];
  const under = [model.name ? model.id : "", aliases.length > 0 ? t.also(aliases.join(", ")) : ""].filter(Boolean).join(" · ");
  return (
    <div class="model-title">
      <a href={linkTo(["models", model.id])}>{model.name || model.id}</a>
      {under && <span class="model-under cut" title={under}>{under}</span>}
      {(model.unlisted || look.showCapabilities.value) && (
        <span class="model-tags">
          {model.unlisted && <span class="tag">{t.unlisted}</span>}
          {look.showCapabilities.value && <Capabilities model={model} />}
        </span>
      )}
    </div>
  );
}

/** What it can do, as tags; its context last. */
export function Capabilities({ model }: { model: { capabilities?: object; context_length?: number } }) {
  const can = new Set(Object.keys(model.capabilities ?? {}));
  const able = Object.entries(t.capabilities).filter(([name]) => can.has(name));
  const size = contextSize(model.context_length ?? 0);
  return (
    <>
      {able.map(([name, label]) => typeof label === "string" && <span class="tag" key={name}>{label}</span>)}
      {size && <span class="tag">{t.capabilities.context(size)}</span>}
    </>
  );
}

function Use({ live }: { live: LiveModel | undefined }) {
  if (!live) return <span class="muted">{t.use.never}</span>;
  const now = [live.serving > 0 ? t.use.answering(live.serving) : "", live.waiting > 0 ? t.use.waiting(live.waiting) : ""].filter(Boolean);
  return (
    <>
      {now.length > 0 ? <strong>{now.join(" · ")}</strong> : <LastUse at={live.last_used} />}
      {live.requests > 0 && <span class="model-under">{t.use.serving(live.requests)}</span>}
    </>
  );
}

function LastUse({ at }: { at: number | null }) {
  const now = useNow();
  return <span class="muted">{at === null ? t.use.never : t.use.last(ago(at * 1000, now))}</span>;
}

function Memory({ live }: { live: LiveModel | undefined }) {
  const memory = live?.memory;
  if (!memory) return <span class="muted" aria-hidden="true">{t.memory.none}</span>;
  return (
    <>
      {memory.gpu_mb > 0 && (
        <span>
          <strong>{mebibytes(memory.gpu_mb)}</strong> {t.memory.gpu}
        </span>
      )}
      {memory.ram_mb > 0 && <span class="model-under">{`${mebibytes(memory.ram_mb)} ${t.memory.ram}`}</span>}
      {memory.gpus.length > 1 && <span class="model-under">{memory.gpus.map(({ id, mb }) => `${count(id)}: ${mebibytes(mb)}`).join(" · ")}</span>}
    </>
  );
}

/** The way to the pages of the model's own server, which loads it. */
export function OwnPage({ model }: { model: Model }) {
  const label = t.ownPage(model.name || model.id);
  return (
    <a class="button button-quiet button-icon button-small" href={address(ownServer(model.id)).href} target="_blank" rel="noopener" aria-label={label} title={label}>
      <Icon name="external" />
    </a>
  );
}
