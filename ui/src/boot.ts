/** Runs before the first paint, so that nobody sees a frame of the wrong theme (web-ui 1.14). */

import { PREFIX } from "./lib/prefix";

try {
  const kept = JSON.parse(localStorage.getItem(`${PREFIX}look`) ?? "{}") as { mode?: unknown; palette?: unknown };
  const { dataset } = document.documentElement;
  if (typeof kept.mode === "string") dataset["mode"] = kept.mode;
  if (typeof kept.palette === "string") dataset["palette"] = kept.palette;
} catch {
  // A storage that cannot be read keeps no theme: the system's is shown.
}
