import { linkTo } from "../../app/router";
import { count } from "../../lib/format";
import { Card } from "../../parts/card";
import { StateMark } from "../../parts/state";
import { profiles } from "../../server/profiles";
import { activeProfile, modelNamed, models } from "../../server/state";
import { selectors, type Listed } from "./known";
import { t } from "./words";

/** Names that stand for models: those of the active profile. */
export function ProfilesCard() {
  if (profiles.value.length === 0) return null;
  const active = profiles.value.find(({ id }) => id === activeProfile.value);
  return (
    <Card title={t.profiles.title} note={active ? t.profiles.mappings(Object.keys(active.pins).length) : undefined}>
      {active ? (
        <>
          <p class="row">
            <strong>{active.id}</strong>
            <span class="tag tag-good">{t.profiles.active}</span>
            {active.description && <span class="muted">{active.description}</span>}
          </p>
          <dl class="facts">
            {Object.entries(active.pins).map(([alias, target]) => (
              <Mapping key={alias} alias={alias} target={target} />
            ))}
          </dl>
        </>
      ) : (
        <p class="muted">{t.profiles.none}</p>
      )}
    </Card>
  );
}

function Mapping({ alias, target }: { alias: string; target: string }) {
  return (
    <>
      <dt class="mono">{alias}</dt>
      <dd>
        <span aria-hidden="true">→ </span>
        <span class="off-screen">{t.profiles.to} </span>
        {target === "" ? <span class="tag tag-warn">{t.profiles.disabled}</span> : <ModelLink name={target} />}
      </dd>
    </>
  );
}

/** The way to what a name leads to, where that is known. */
function ModelLink({ name }: { name: string }) {
  const model = modelNamed(name);
  return model?.peerID === "" ? <a href={linkTo(["models", model.id])}>{name}</a> : <>{name}</>;
}

/** Names that choose between models. */
export function SelectorsCard() {
  if (selectors.value.length === 0) return null;
  return (
    <Card title={t.selectors.title} note={count(selectors.value.length)}>
      <ul class="side-list">
        {selectors.value.map((selector) => (
          <li key={selector.id}>
            <Selector selector={selector} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Selector({ selector: { id, name, description, meta } }: { selector: Listed }) {
  const { strategy = "", spillover, targets = [] } = meta.llamaswap;
  const words = t.selectors.strategies as Record<string, string>;
  return (
    <>
      <p class="row">
        <strong>{name ?? id}</strong>
        {name && name !== id && <span class="muted mono">{id}</span>}
        <span class="tag tag-accent" title={words[strategy]}>
          {strategy}
        </span>
        {strategy === "spillover" && spillover !== undefined && <span class="muted">{t.selectors.spillover(spillover)}</span>}
      </p>
      {description && <p class="muted">{description}</p>}
      <p class="side-targets">
        {targets.map((target) => (
          <span key={target} class="tag">
            <ModelLink name={target} />
          </span>
        ))}
      </p>
    </>
  );
}

/** What other servers have. */
export function PeersCard() {
  const theirs = models.value.filter(({ peerID }) => peerID !== "");
  if (theirs.length === 0) return null;
  return (
    <Card title={t.peers.title} note={count(theirs.length)}>
      <ul class="side-list">
        {theirs.map((model) => (
          <li key={model.id} class="row">
            <StateMark state="" dot />
            <a href={linkTo(["models", model.id])}>{model.name || model.id}</a>
            <span class="muted">{t.peers.by(model.peerID)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
