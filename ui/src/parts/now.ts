/** The time by the server's clock, for texts that count seconds. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { serverNow } from "../server/state";

const seconds = signal(serverNow());
let readers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since the epoch; the component is drawn again every second while the page can be seen. */
export function useNow(): number {
  useEffect(() => {
    readers += 1;
    settle();
    return () => {
      readers -= 1;
      settle();
    };
  }, []);
  return Math.max(seconds.value, 0);
}

function settle(): void {
  clearInterval(timer);
  timer = undefined;
  if (readers === 0 || document.hidden) return;
  seconds.value = serverNow();
  timer = setInterval(() => (seconds.value = serverNow()), 1000);
}

if (typeof document !== "undefined") document.addEventListener("visibilitychange", settle);
