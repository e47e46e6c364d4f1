import { fixed } from "../../lib/format";
import { fast } from "../../parts/ticker";
import { useTicking } from "../../parts/ticking";
import { elapsed } from "./inflight";

/** How long a request has been under way: what the server said when we `heard` it, and the time since. */
export function Elapsed({ ms, heard }: { ms: number; heard: number }) {
  const text = (): string => `${fixed(elapsed(ms, heard, performance.now()) / 1000, 1)} s`;
  const node = useTicking<HTMLSpanElement>(fast, text, [ms, heard]);
  return <span ref={node} class="nowrap" />;
}
