import type { Kept } from "./ring";
import { looksOf, segments } from "./segments";

interface LogLineProps {
  line: Kept;
  /** When it came; empty where nobody knows, null where it is not shown. */
  time: string | null;
  ranges: readonly number[];
  current: boolean;
}

/** One line: what it says is text, whatever it looks like. */
export function LogLine({ line, time, ranges, current }: LogLineProps) {
  const kind = ["log-line", current ? "log-current" : "", line.remark ? "log-remark" : ""].filter(Boolean).join(" ");
  return (
    <div class={kind}>
      {time !== null && <span class="log-time">{time}</span>}
      <span class="log-text">
        {segments(line, ranges).map(({ text, style, hit }, index) => {
          if (style === null && !hit) return text;
          const looks = looksOf(style, hit);
          const Tag = hit ? "mark" : "span";
          return (
            <Tag key={index} class={looks.class} style={looks.style}>
              {text}
            </Tag>
          );
        })}
      </span>
    </div>
  );
}
