/** The profiles of the configuration, and which is active. */

import { signal } from "@preact/signals";
import { coalesced } from "../lib/coalesced";
import { ask } from "./api";
import { onFresh, onTold } from "./feed";
import type { Profiles } from "./types";

export const profiles = signal<Profiles["profiles"]>([]);
/** While another profile is being made active. */
export const switching = signal(false);

/** Read them again. Never rejects: what was known stays. */
const readProfiles = coalesced(async () => {
  try {
    profiles.value = (await ask<Profiles>("GET", "api/profiles")).profiles;
  } catch {
    return;
  }
});

/** Make `name` the active profile, or none. Rejects with an `ApiError`. */
export async function activate(name: string | null): Promise<void> {
  switching.value = true;
  try {
    await ask("PUT", "api/profiles/active", { body: { name } });
  } finally {
    switching.value = false;
  }
}

onFresh(() => void readProfiles());
onTold("uiConfig", () => void readProfiles());
