import { ask, asked } from "../../app/router";
import { Switch } from "../../parts/switch";
import { local } from "../../server/state";
import { LogPanel } from "./log-panel";
import { preferences } from "./preferences";
import { nameOf, pathOf, sourceOf, sourcesOf, type Source } from "./sources";
import { Split } from "./split";
import { t } from "./words";

/** The logs: one, or two beside each other. Which ones stands in the address. */
export default function Logs() {
  const [first = { is: "all" }, second] = sourcesOf(asked("source"), asked("beside"), preferences.split.value);
  const choose = (one: Source, other: Source | undefined): void => ask({ source: nameOf(one), beside: other ? nameOf(other) : "none" });
  const split = (on: boolean): void => {
    preferences.split.value = on;
    choose(on && first.is === "all" ? { is: "proxy" } : first, on ? { is: "upstream" } : undefined);
  };
  const left = <Panel key={`first ${nameOf(first)}`} source={first} query="filter" label={t.source} onSource={(source) => choose(source, second)} />;
  return (
    <div class="logs">
      <div class="row">
        <Switch on={second !== undefined} label={t.split} onChange={split} />
      </div>
      {second === undefined ? (
        left
      ) : (
        <Split
          first={left}
          second={<Panel key={`second ${nameOf(second)}`} source={second} query="filter2" label={t.second} onSource={(source) => choose(first, source)} />}
        />
      )}
    </div>
  );
}

function Panel({ source, query, label, onSource }: { source: Source; query: string; label: string; onSource: (source: Source) => void }) {
  const name = source.is === "model" ? source.id : t[source.is];
  return <LogPanel path={pathOf(source)} name={name} query={query} head={<Choice source={source} label={label} onSource={onSource} />} />;
}

function Choice({ source, label, onSource }: { source: Source; label: string; onSource: (source: Source) => void }) {
  const ids = [...local.value.keys()];
  if (source.is === "model" && !ids.includes(source.id)) ids.push(source.id);
  return (
    <select
      class="log-choice"
      aria-label={label}
      value={nameOf(source)}
      onChange={(event) => {
        const chosen = sourceOf(event.currentTarget.value);
        if (chosen) onSource(chosen);
      }}
    >
      {(["all", "proxy", "upstream"] as const).map((is) => (
        <option key={is} value={is}>
          {t[is]}
        </option>
      ))}
      <optgroup label={t.models}>
        {ids.map((id) => (
          <option key={id} value={`model:${id}`}>
            {id}
          </option>
        ))}
      </optgroup>
    </select>
  );
}
