/**
 * The key of somebody who edits. To be logged in is not enough, as pages of models have this page's origin and with it the
 * session; so the key is shown with each of the editor's questions. It is in memory only, and not for long.
 */

import { computed, effect, signal } from "@preact/signals";
import { ApiError, ask, type Asking } from "../../server/api";
import { shut } from "../../server/session";

/** Milliseconds without use after which the key is forgotten. */
export const REST = 30 * 60_000;

const key = signal<string | null>(null);
/** There is one. */
export const unlocked = computed(() => key.value !== null);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Keep `shown` if one may edit with it. Rejects with the `ApiError` of one that is no good. */
export async function unlock(shown: string): Promise<void> {
  await askShowing(shown, "POST", "api/config/check", { body: { files: {} } });
  if (shut.peek()) return;
  key.value = shown;
  rest();
}

/** `ask` with the key. One that the server does not know any more is forgotten. */
export async function askWithKey<T>(method: string, path: string, asking: Asking): Promise<T> {
  const shown = key.peek();
  if (shown === null) return await ask<T>(method, path, asking);
  rest();
  try {
    return await askShowing<T>(shown, method, path, asking);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && key.peek() === shown) forget();
    throw error;
  }
}

export function forget(): void {
  clearTimeout(timer);
  key.value = null;
}

async function askShowing<T>(shown: string, method: string, path: string, asking: Asking): Promise<T> {
  return await ask<T>(method, path, { ...asking, headers: { "x-api-key": shown } });
}

function rest(): void {
  clearTimeout(timer);
  timer = setTimeout(forget, REST);
}

effect(() => {
  if (shut.value) forget();
});
