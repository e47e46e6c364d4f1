/** What the forms of the Playground are made of. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect } from "preact/hooks";
import { clock } from "../../lib/format";
import { Button } from "../../parts/button";
import type { Job } from "./job";
import { isSubmit } from "./keys";
import { t } from "./words";

interface Labelled {
  label: string;
  note?: string;
}

export function Field({ label, note, children }: Labelled & { children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {note !== undefined && <span class="field-note">{note}</span>}
    </label>
  );
}

export interface Range {
  min: number;
  max: number;
  step?: number;
}

/** A number within bounds; what is typed beyond them becomes the nearest bound when the field is left. */
export function NumberField({ label, note, value, onChange, min, max, step = 1 }: Labelled & Range & { value: number; onChange: (value: number) => void }) {
  const range = { min, max, step };
  return (
    <Field label={label} {...(note === undefined ? {} : { note })}>
      <NumberInput range={range} value={value} onChange={onChange} />
    </Field>
  );
}

/** The same without a label of its own. */
export function NumberInput({ range, value, onChange, ...native }: { range: Range; value: number; onChange: (value: number) => void; "aria-label"?: string }) {
  const typed = useSignal<string | null>(null);
  const { min, max, step = 1 } = range;
  return (
      <input
        {...native}
        type="number"
        inputMode={Number.isInteger(step) && min >= 0 ? "numeric" : "decimal"}
        min={min}
        max={max}
        step={step}
        value={typed.value ?? value}
        onInput={(event) => {
          const text = (typed.value = event.currentTarget.value);
          const given = Number(text);
          if (text !== "" && clamped(given, range) === given) onChange(given);
        }}
        onBlur={() => {
          if (typed.value !== null && typed.value !== "") onChange(clamped(Number(typed.value), range));
          typed.value = null;
        }}
      />
  );
}

/** `value` within its bounds; a whole number where steps are. */
function clamped(value: number, { min, max, step = 1 }: Range): number {
  if (Number.isNaN(value)) return min;
  const within = Math.min(max, Math.max(min, value));
  return Number.isInteger(step) && Number.isInteger(min) ? Math.round(within) : within;
}

/** A choice of a few; each is its value, or a pair of it and its name. */
export function SelectField({ label, note, value, options, onChange }: Labelled & { value: string; options: readonly (string | readonly [string, string])[]; onChange: (value: string) => void }) {
  return (
    <Field label={label} {...(note === undefined ? {} : { note })}>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => {
          const [own, name] = typeof option === "string" ? [option, option] : option;
          return (
            <option key={own} value={own}>
              {name}
            </option>
          );
        })}
      </select>
    </Field>
  );
}

interface PromptFieldProps extends Labelled {
  value: string;
  rows?: number;
  placeholder?: string;
  onInput: (value: string) => void;
}

/** A text that Enter sends and Shift+Enter continues; input methods that compose characters are left in peace. */
export function PromptField({ label, note, value, rows = 4, placeholder, onInput }: PromptFieldProps) {
  return (
    <Field label={label} {...(note === undefined ? {} : { note })}>
      <textarea
        rows={rows}
        value={value}
        placeholder={placeholder}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={submitOnEnter}
      />
    </Field>
  );
}

/** For the keys of a text in a form. */
export function submitOnEnter(event: TargetedKeyboardEvent<HTMLTextAreaElement>): void {
  if (!isSubmit(event)) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

interface RunProps {
  job: Job;
  /** On the button that begins. */
  label: string;
  /** On the button that ends it. */
  end?: string;
  /** What is said while it runs. */
  doing: string;
  /** Why it cannot begin; empty when it can. */
  hindrance?: string;
  onClear?: () => void;
}

/** The end of a form: begin, or cancel what is under way. */
export function RunRow({ job, label, end = t.cancel, doing, hindrance = "", onClear }: RunProps) {
  const running = job.running.value;
  return (
    <div class="play-run">
      {running ? (
        <Button
          icon="cancel"
          look="danger"
          onClick={(event) => {
            event.preventDefault(); // it is the same element that begins, and becomes that before the click is over
            job.cancel();
          }}
        >
          {end}
        </Button>
      ) : (
        <Button look="primary" type="submit" icon="play" disabled={hindrance !== ""}>
          {label}
        </Button>
      )}
      {onClear && !running && <Button onClick={onClear}>{t.clear}</Button>}
      <span class="play-doing" role="status">
        {running ? doing : hindrance}
      </span>
      {running && <Elapsed since={job.since.value} />}
    </div>
  );
}

/** How long it takes so far. */
function Elapsed({ since }: { since: number }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span class="play-elapsed" aria-hidden="true">
      {clock((now.value - since) / 1000)}
    </span>
  );
}

/** A form that stays on this page. */
export function Form({ onSubmit, label, children }: { onSubmit: () => void; label: string; children: ComponentChildren }) {
  return (
    <form
      class="stack"
      aria-label={label}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
