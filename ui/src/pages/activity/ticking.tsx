/** Texts that change with time, without anything being rendered again. */

import { useEffect, useRef } from "preact/hooks";
import { ago, dateTime, fixed } from "../../lib/format";
import { serverNow } from "../../server/state";
import { elapsed } from "./inflight";
import { fast, slow, type Ticker } from "./ticker";

function useTicking<E extends HTMLElement>(ticker: Ticker, text: () => string, of: readonly unknown[]) {
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

/** How long a request has been under way: what the server said when we `heard` it, and the time since. */
export function Elapsed({ ms, heard }: { ms: number; heard: number }) {
  const text = (): string => `${fixed(elapsed(ms, heard, performance.now()) / 1000, 1)} s`;
  const node = useTicking<HTMLSpanElement>(fast, text, [ms, heard]);
  return <span ref={node} class="nowrap" />;
}

/** How long ago `when` (ms since the epoch) was, with the time itself for pointers and readers. */
export function Ago({ when }: { when: number }) {
  const node = useTicking<HTMLTimeElement>(slow, () => ago(when, serverNow()), [when]);
  return <time ref={node} class="nowrap" dateTime={new Date(when).toISOString()} title={dateTime(when)} />;
}
