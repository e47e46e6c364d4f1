import { Button } from "../../parts/button";
import { StateMark } from "../../parts/state";
import { contextSize } from "../../lib/format";
import { messageOf } from "../../server/api";
import { activeProfile } from "../../server/state";
import { listed, problem, refresh } from "./catalogue";
import type { Choice, Group, GroupKind } from "./choices";
import { t } from "./words";

interface ModelListProps {
  /** Of the combobox; options are `<id>-0`, `<id>-1`, … */
  id: string;
  groups: readonly Group[];
  chosen: string;
  /** The position, in the whole list, of the option that Enter chooses. */
  active: number;
  onChoose: (name: string) => void;
}

export function ModelList({ id, groups, chosen, active, onChoose }: ModelListProps) {
  const firsts = groups.map((_, at) => groups.slice(0, at).reduce((sum, { choices }) => sum + choices.length, 0));
  const all = groups.reduce((sum, { choices }) => sum + choices.length, 0);
  const hasMatching = groups.some(({ kind }) => kind === "matching");
  return (
    <div class="model-list">
      <p class="off-screen" role="status">
        {t.model.count(all)}
      </p>
      <div role="listbox" id={`${id}-list`} aria-label={t.model.list}>
        {groups.map(({ kind, choices }, group) => (
          <div role="group" key={kind} aria-labelledby={`${id}-${kind}`}>
            <div class="model-group" id={`${id}-${kind}`} role="presentation">
              {groupName(kind, hasMatching)}
            </div>
            {choices.map((choice, at) => {
              const index = (firsts[group] ?? 0) + at;
              return (
                <div
                  key={`${choice.id} ${choice.aliasOf}`}
                  id={`${id}-${index}`}
                  role="option"
                  class={`model-choice ${choice.aliasOf ? "model-alias" : ""}`}
                  aria-selected={choice.id === chosen ? "true" : "false"}
                  data-active={index === active ? "true" : undefined}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => onChoose(choice.id)}
                >
                  <ChoiceRow choice={choice} />
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {all === 0 && <Nothing />}
    </div>
  );
}

function ChoiceRow({ choice: { id, note, aliasOf, state, context } }: { choice: Choice }) {
  return (
    <>
      {aliasOf ? <span aria-hidden="true">↳</span> : state !== null && <StateMark state={state} dot />}
      <span class="choice-name">{id}</span>
      {aliasOf && <span class="off-screen">{t.model.aliasOf(aliasOf)}</span>}
      {note && <span class="model-note">{note}</span>}
      {context > 0 && <span class="tag">{contextSize(context)}</span>}
    </>
  );
}

/** Why no option is there. */
function Nothing() {
  if (listed.value !== null) return <p class="model-nothing">{listed.value.length > 0 ? t.model.none : t.model.noModels}</p>;
  if (problem.value === null) return <p class="model-nothing">{t.model.loading}</p>;
  return (
    <div class="model-nothing">
      <p>{t.model.failed(messageOf(problem.value))}</p>
      <Button small icon="retry" onClick={() => void refresh()}>
        {t.model.retry}
      </Button>
    </div>
  );
}

function groupName(kind: GroupKind, hasMatching: boolean): string {
  if (kind === "profile") return t.model.profile(activeProfile.value ?? "");
  return kind === "local" && hasMatching ? t.model.groups.others : t.model.groups[kind];
}
