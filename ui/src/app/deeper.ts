/**
 * Pages are addressed by the fragment, but whoever types `/ui/models`, or is sent there by `/upstream`, means a page as well. Pure.
 */

/** The fragment that the path `path` stands for, at a UI below `root` (which ends in a slash); empty where it is the UI itself. */
export function fragmentOf(path: string, root: string): string {
  const below = path.startsWith(root) ? path.slice(root.length).replace(/\/+$/, "") : "";
  return below === "" || below === "index.html" ? "" : `#/${below}`;
}
