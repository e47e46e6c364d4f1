/** Texts that change with time, without anything being rendered again. */

import { useEffect, useRef } from "preact/hooks";
import { ago, dateTime } from "../lib/format";
import { serverNow } from "../server/state";
import { slow, type Ticker } from "./ticker";

/** The element whose text is `text()` at each tick; `of` is what the text is made of. */
export function useTicking<E extends HTMLElement>(ticker: Ticker, text: () => string, of: readonly unknown[]) {
  const node = useRef<E>(null);
  useEffect(
    () =>
      ticker.watch(() => {
        const now = text();
        if (node.current && node.current.textContent !== now) node.current.textContent = now;
      }),
    of,
  );
  return node;
}

/** How long ago `when` (ms since the epoch, by the clock `now`) was, with the time itself for pointers and readers. */
export function Ago({ when, now = serverNow }: { when: number; now?: () => number }) {
  const node = useTicking<HTMLTimeElement>(slow, () => ago(when, now()), [when]);
  return <time ref={node} class="nowrap" dateTime={new Date(when).toISOString()} title={dateTime(when)} />;
}
