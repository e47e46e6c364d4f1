/** Why a model changed its state, in words. */

import { words } from "../i18n";
import type { StateEntry } from "../server/types";

export const t = words("causes", {
  begin: {
    request: "for a request",
    manual: "by hand",
    preload: "at the start of the server",
    idle: "because nothing else was asked for",
  },
  end: {
    evict: (model: string) => (model === "" ? "to make room" : `to make room for ${model}`),
    manual: "by hand",
    ttl: "it was idle for too long",
    reload: "the configuration has changed",
    shutdown: "the server stops",
    crash: (why: string) => (why === "" ? "it died" : `it died: ${why}`),
    failed: (why: string) => (why === "" ? "it could not be loaded" : `it could not be loaded: ${why}`),
    cancelled: "its load was cancelled",
  },
});

/** Why a load began. */
export function beginning(cause: string): string {
  return Object.hasOwn(t.begin, cause) ? t.begin[cause as keyof typeof t.begin] : cause;
}

/** Why a model went. */
export function ending(cause: string, detail: string): string {
  if (cause === "evict" || cause === "crash" || cause === "failed") return t.end[cause](detail);
  return Object.hasOwn(t.end, cause) ? t.end[cause as "manual" | "ttl" | "reload" | "shutdown" | "cancelled"] : cause;
}

/** Why an entry of the timeline happened. */
export function causeOf(entry: StateEntry): string {
  return entry.to === "starting" || entry.to === "ready" ? beginning(entry.cause) : ending(entry.cause, entry.detail);
}
