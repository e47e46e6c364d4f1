import { useSignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";

export interface KeyForm {
  /** The field that the key is typed into. */
  field: RefObject<HTMLInputElement | null>;
  busy: Signal<boolean>;
  /** Why the last key was no good; empty otherwise. */
  problem: Signal<string>;
  onSubmit: (event: SubmitEvent) => Promise<void>;
}

/** A form that hands an API key to `work`; when that rejects, `told` says why, and the key can be typed anew. */
export function useKeyForm(work: (key: string) => Promise<void>, told: (error: unknown) => string): KeyForm {
  const field = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const problem = useSignal("");
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    busy.value = true;
    problem.value = "";
    try {
      await work(field.current?.value.trim() ?? "");
    } catch (error) {
      problem.value = told(error);
      field.current?.select();
    } finally {
      busy.value = false;
    }
  };
  return { field, busy, problem, onSubmit };
}
