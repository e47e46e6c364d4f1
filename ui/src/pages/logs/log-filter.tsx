import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { IconButton } from "../../parts/button";
import { SearchField } from "../../parts/search";
import { Switch } from "../../parts/switch";
import { neighbour } from "./filter";
import type { LogView } from "./view";
import { t } from "./words";

interface LogFilterProps {
  view: LogView;
  name: string;
  pattern: string;
  onPattern: (pattern: string) => void;
  onlyMatching: Signal<boolean>;
  /** The match one is at; -1: none. */
  current: number;
  onMatch: (number: number) => void;
}

/** An expression, how many lines match it, and the ways from one to the next. */
export function LogFilter({ view, name, pattern, onPattern, onlyMatching, current, onMatch }: LogFilterProps) {
  view.watched();
  const { state, numbers, isDone } = view.filter;
  const step = (by: 1 | -1): void => {
    const number = neighbour(numbers, current, by);
    if (number >= 0) onMatch(number);
  };
  const on = state.is === "on";
  return (
    <div class="log-filter">
      <div
        class="log-field"
        onKeyDown={(event) => {
          if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
        }}
      >
        <SearchField value={pattern} label={t.filterOf(name)} onInput={onPattern} />
      </div>
      {on && <IconButton icon="up" small label={t.previous} disabled={numbers.length === 0} onClick={() => step(-1)} />}
      {on && <IconButton icon="down" small label={t.next} disabled={numbers.length === 0} onClick={() => step(1)} />}
      <span class={state.is === "invalid" || state.is === "slow" ? "field-problem" : "field-note"}>{noteOf(view, isDone)}</span>
      <Said view={view} />
      {on && <Switch on={onlyMatching.value} label={t.only} onChange={(value) => (onlyMatching.value = value)} />}
    </div>
  );
}

/** What is read out: the outcome for an expression, once, and not each line that matches later. */
function Said({ view }: { view: LogView }) {
  view.watched();
  const said = useRef({ pattern: "", text: "" });
  const { pattern, state, isDone } = view.filter;
  if (said.current.pattern !== pattern) said.current = { pattern, text: "" };
  const known = state.is !== "on" || (isDone && view.isRead);
  if (known && (said.current.text === "" || state.is !== "on")) said.current.text = noteOf(view, isDone);
  return (
    <span class="off-screen" role="status">
      {said.current.text}
    </span>
  );
}

function noteOf({ filter: { state, numbers } }: LogView, isDone: boolean): string {
  switch (state.is) {
    case "off":
      return "";
    case "invalid":
      return t.invalid(state.problem);
    case "slow":
      return t.slow;
    case "on":
      return isDone ? t.matching(numbers.length) : t.searching(numbers.length);
  }
}
