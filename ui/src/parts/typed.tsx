/** Text fields that keep what is typed, however often they are drawn again meanwhile. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export interface TypedInputProps {
  value: string;
  /** Take the text that one leaves behind; false: it is none that can be taken, and stays. */
  commit: (text: string) => boolean;
  inputMode?: "numeric";
  "aria-invalid"?: boolean;
}

/** A field whose text is taken when one leaves it, or presses Enter. */
export function TypedInput({ value, commit, ...native }: TypedInputProps) {
  const typed = useSignal<string | null>(null);
  return (
    <input
      {...native}
      value={typed.value ?? value}
      spellcheck={false}
      autocomplete="off"
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onChange={(event) => {
        if (commit(event.currentTarget.value)) typed.value = null;
      }}
    />
  );
}

export interface NameInputProps {
  value: string;
  label: string;
  class?: string;
  maxLength?: number;
  /** Called once, when one leaves it or presses Enter. */
  onCommit: (text: string) => void;
  /** Called instead when one presses Escape. */
  onCancel: () => void;
}

/** In place of a name while one changes it; all of it is selected. */
export function NameInput({ value, label, onCommit, onCancel, ...native }: NameInputProps) {
  const typed = useSignal(value);
  const input = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => input.current?.select(), []);
  const end = (act: () => void): void => {
    if (over.current) return; // a field that is taken away is left as well
    over.current = true;
    act();
  };
  const commit = (): void => end(() => onCommit(typed.peek()));
  return (
    <input
      {...native}
      ref={input}
      aria-label={label}
      value={typed.value}
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.isComposing) commit();
        if (event.key === "Escape") end(onCancel);
      }}
    />
  );
}
