/** What the server lists as models, kept up to date as long as somebody looks. */

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { coalesced } from "../../lib/coalesced";
import { ask } from "../../server/api";
import { activeProfile, models } from "../../server/state";
import type { Listed } from "./choices";

/** Null before it was told for the first time. */
export const listed = signal<readonly Listed[] | null>(null);
/** Why the list could not be had last; null when it was. */
export const problem = signal<unknown>(null);

/** ms in which changes are gathered. */
const PAUSE = 200;

/** Ask for the list; never rejects: see `problem`. */
export const refresh = coalesced(async (): Promise<void> => {
  try {
    listed.value = (await ask<{ data: Listed[] }>("GET", "v1/models")).data;
    problem.value = null;
  } catch (error) {
    problem.value = error;
  }
});

const changes = computed(() => [models.value, activeProfile.value] as const);
let lookers = 0;
let stopFollowing: () => void = () => undefined;

/** Have the list kept up to date while the component is there. */
export function useCatalogue(): void {
  useEffect(() => {
    lookers += 1;
    if (lookers === 1) stopFollowing = follow();
    return () => {
      lookers -= 1;
      if (lookers === 0) stopFollowing();
    };
  }, []);
}

/** Ask now, and whenever a model or the profile changes, until the returned function is called. */
function follow(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  void refresh();
  let known = changes.peek();
  const end = changes.subscribe((now) => {
    if (now === known) return;
    known = now;
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), PAUSE);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}
