/** Runs before the first paint, so that nobody sees a frame of the wrong theme (web-ui 1.14), or of a page that is not meant. */

import { fragmentOf } from "./app/deeper";
import { PREFIX } from "./lib/prefix";

try {
  const kept = JSON.parse(localStorage.getItem(`${PREFIX}look`) ?? "{}") as { mode?: unknown; palette?: unknown };
  const { dataset } = document.documentElement;
  if (typeof kept.mode === "string") dataset["mode"] = kept.mode;
  if (typeof kept.palette === "string") dataset["palette"] = kept.palette;
} catch {
  // A storage that cannot be read keeps no theme: the system's is shown.
}

const root = new URL(document.baseURI).pathname;
const fragment = fragmentOf(location.pathname, root);
if (fragment && !location.hash) history.replaceState(null, "", root + location.search + fragment);
