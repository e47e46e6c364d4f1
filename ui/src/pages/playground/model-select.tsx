/** A searchable choice of a model: a combobox with its list below (WAI-ARIA authoring practices). */

import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { StateMark } from "../../parts/state";
import { profiles } from "../../server/profiles";
import { activeProfile, modelNamed, stateOf } from "../../server/state";
import { listed, refresh, useCatalogue } from "./catalogue";
import { choiceCalled, groupsOf, matching, type Group } from "./choices";
import { ModelList } from "./model-list";
import type { Area } from "./remembered";
import { t } from "./words";

export interface ModelSelectProps {
  /** The tab it is for. */
  area: Area;
  /** Models that can do this (or one of these) stand first; others can be chosen as well. */
  capability?: string | readonly string[];
  /** The name of the chosen model, empty for none. */
  value: string;
  /** What stands there before one is chosen. */
  placeholder?: string;
  onChange: (model: string) => void;
}

export function ModelSelect({ area, capability, value, placeholder = t.model.placeholder, onChange }: ModelSelectProps) {
  useCatalogue();
  const id = useId();
  const own = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  const typed = useSignal("");
  const active = useSignal(-1);
  const groups = allGroups(capability);
  const found = matching(groups, typed.value);
  const names = namesIn(found);
  const chosen = choiceCalled(groups, value);
  const missing = value !== "" && chosen === undefined && listed.value !== null && modelNamed(value) === undefined;

  const show = (text = ""): void => {
    if (!open.value) void refresh();
    open.value = true;
    typed.value = text;
    active.value = text ? Math.max(0, namesIn(matching(groups, text)).indexOf(text)) : names.indexOf(value);
  };
  const close = (): void => {
    open.value = false;
    typed.value = "";
  };
  const choose = (name: string): void => {
    close();
    onChange(name);
  };
  const step = (by: number): void => {
    if (!open.value) show();
    else if (names.length > 0) active.value = (active.value + by + names.length + (active.value < 0 && by < 0 ? 1 : 0)) % names.length;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const picked = names[active.value];
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" && open.value) {
      if (picked !== undefined) choose(picked);
    } else if (event.key === "Escape" && open.value) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useEffect(() => {
    own.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active.value, open.value]);

  return (
    <div
      class="model-select"
      ref={own}
      data-area={area}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && own.current?.contains(event.relatedTarget))) close();
      }}
    >
      <label class="off-screen" for={id}>
        {t.model.label}
      </label>
      <div class={`model-box ${missing ? "model-box-gone" : ""}`}>
        {missing ? <Icon name="warning" /> : chosen?.state != null ? <StateMark state={chosen.state} dot /> : <Icon name="models" />}
        <input
          id={id}
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-expanded={open.value}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open.value && active.value >= 0 && active.value < names.length ? `${id}-${active.value}` : undefined}
          aria-invalid={missing ? "true" : undefined}
          aria-describedby={missing ? `${id}-gone` : undefined}
          placeholder={value || placeholder}
          value={open.value ? typed.value : value}
          onClick={() => !open.value && show()}
          onInput={(event) => show(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {value !== "" && <IconButton icon="close" label={t.model.clear} small onClick={() => choose("")} />}
        <Icon name="down" />
      </div>
      {open.value && <ModelList id={id} groups={found} chosen={value} active={active.value} onChoose={choose} />}
      {missing && (
        <p class="field-problem" id={`${id}-gone`} role="status">
          {t.model.gone(value)}
        </p>
      )}
    </div>
  );
}

function namesIn(groups: readonly Group[]): string[] {
  return groups.flatMap(({ choices }) => choices.map((choice) => choice.id));
}

function allGroups(capability: ModelSelectProps["capability"]): Group[] {
  const pins = profiles.value.find((profile) => profile.id === activeProfile.value)?.pins ?? {};
  const capabilities = capability === undefined ? [] : typeof capability === "string" ? [capability] : capability;
  return groupsOf(listed.value ?? [], { capabilities, pins, stateOf });
}
