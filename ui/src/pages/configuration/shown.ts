/** The configuration as the server shows it. */

import { signal } from "@preact/signals";
import { coalesced } from "../../lib/coalesced";
import { ask } from "../../server/api";
import type { Schemas } from "../../server/types";

export type Configuration = Schemas["Configuration"];
export type ConfigurationFile = Configuration["files"][number];

/** What was shown last; it stays when it cannot be read again. */
export const shown = signal<Configuration | null>(null);
/** Why it could not be read; null when it could. */
export const trouble = signal<unknown>(null);
export const reading = signal(false);

/** Read it again. Never rejects. */
export const read = coalesced(async () => {
  reading.value = true;
  try {
    shown.value = await ask<Configuration>("GET", "api/config");
    trouble.value = null;
  } catch (error) {
    trouble.value = error;
  } finally {
    reading.value = false;
  }
});
