/** Short messages in a corner, for what has happened somewhere else than where one looks. */

import { signal } from "@preact/signals";
import { t } from "../app/words";
import { isAbort, messageOf } from "../server/api";
import { Button, IconButton } from "./button";
import { Icon } from "./icon";

export interface Toast {
  id: number;
  kind: "good" | "bad";
  text: string;
  /** More of it, such as the last lines of a log. */
  detail: string;
  retry: (() => void) | null;
  /** Takes back what was done. */
  undo: (() => void) | null;
}

const shown = signal<readonly Toast[]>([]);
const MOST = 4;
/** Milliseconds that good news stay; bad ones stay until they are dismissed. */
const STAY = 5000;
/** As long as something can be undone. */
const STAY_UNDO = 12_000;
let next = 1;

/** Show a message; the same text replaces what says it already, but for what can be undone. */
export function say(kind: Toast["kind"], text: string, more: { detail?: string; retry?: () => void; undo?: () => void } = {}): void {
  const toast = { id: next++, kind, text, detail: more.detail ?? "", retry: more.retry ?? null, undo: more.undo ?? null };
  shown.value = [...shown.peek().filter((each) => each.text !== text || each.undo !== null), toast].slice(-MOST);
  if (kind === "good") setTimeout(() => dismiss(toast.id), toast.undo ? STAY_UNDO : STAY);
}

/** Do `work`; when it fails say so, with a way to do it again. Resolves to whether it went well; never rejects. */
export async function attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isAbort(error)) say("bad", what, { detail: messageOf(error), retry: () => void attempt(what, work) });
    return false;
  }
}

function dismiss(id: number): void {
  shown.value = shown.peek().filter((each) => each.id !== id);
}

/** Modal dialogs that are open, the topmost last: beside it nothing can be seen or pressed, so messages appear in it. */
export const dialogs = signal<readonly string[]>([]);

/** Where messages appear: in the dialog `within`, or beside all of them. */
export function Toasts({ within = "" }: { within?: string }) {
  if ((dialogs.value.at(-1) ?? "") !== within) return null;
  return (
    <section class="toasts" aria-label={t.toasts}>
      {shown.value.map((toast) => (
        <div class={`toast toast-${toast.kind}`} key={toast.id} role={toast.kind === "bad" ? "alert" : "status"}>
          <Icon name={toast.kind === "bad" ? "alert" : "check"} />
          <div class="toast-text">
            <strong>{toast.text}</strong>
            {toast.detail && <p>{toast.detail}</p>}
          </div>
          {toast.retry && (
            <Button
              small
              icon="retry"
              onClick={() => {
                dismiss(toast.id);
                toast.retry?.();
              }}
            >
              {t.retry}
            </Button>
          )}
          {toast.undo && (
            <Button
              small
              icon="retry"
              onClick={() => {
                dismiss(toast.id);
                toast.undo?.();
              }}
            >
              {t.undo}
            </Button>
          )}
          <IconButton icon="close" label={t.dismiss} small onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </section>
  );
}
