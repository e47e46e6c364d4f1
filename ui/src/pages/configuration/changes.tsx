import type { Schemas } from "../../server/types";
import { Icon, type IconName } from "../../parts/icon";
import { t } from "./words";

type Difference = NonNullable<Schemas["ConfigurationChecked"]["changes"]>;

/** What a text would change for models, and what else. */
export function Changes({ of }: { of: Difference }) {
  const nothing = [of.added, of.removed, of.changed, of.adjusted, of.settings].every((names) => names.length === 0);
  return (
    <section class="stack" aria-label={t.would}>
      <h3>{t.would}</h3>
      {nothing && <p class="muted">{t.noDifference}</p>}
      <ul class="config-changes">
        <Names icon="plus" kind="good" title={t.added(of.added.length)} names={of.added} />
        <Names icon="trash" kind="bad" title={t.removed(of.removed.length)} names={of.removed} />
        <Names icon="retry" kind="warn" title={t.changed(of.changed.length)} names={of.changed} />
        <Names icon="sliders" kind="accent" title={t.adjusted(of.adjusted.length)} names={of.adjusted} />
        <Names icon="settings" kind="accent" title={t.others} names={of.settings} />
        <Names icon="check" kind="" title={t.untouched(of.untouched?.length ?? 0)} names={of.untouched ?? []} />
      </ul>
    </section>
  );
}

function Names({ icon, kind, title, names }: { icon: IconName; kind: string; title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <li>
      <Icon name={icon} />
      <div>
        <strong>{title}</strong>
        <p class="row">
          {names.map((name) => (
            <span key={name} class={kind ? `tag tag-${kind}` : "tag"}>
              {name}
            </span>
          ))}
        </p>
      </div>
    </li>
  );
}
