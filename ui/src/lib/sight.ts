/** Whether this tab can be seen: what nobody sees need not go on. */

export function isHidden(): boolean {
  return document.visibilityState === "hidden";
}

/** Call `begin` now, unless the tab is hidden, and whenever it can be seen again; `rest` when it is hidden. The returned function ends that. */
export function whileSeen(begin: () => void, rest: () => void): () => void {
  let seen = false;
  const look = (): void => {
    if (seen === !isHidden()) return;
    seen = !seen;
    if (seen) begin();
    else rest();
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => document.removeEventListener("visibilitychange", look);
}
