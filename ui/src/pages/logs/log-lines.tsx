import { useSignal, type Signal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { timeOfDay } from "../../lib/format";
import { LogLine } from "./log-line";
import { follows } from "./place";
import { preferences } from "./preferences";
import { useMeasure } from "./use-measure";
import type { LogView } from "./view";
import { t } from "./words";

/** Rows that are drawn above and below what is seen. */
const BEYOND = 20;
/** Letters that a time takes. */
const TIME = 10;

export interface LogLinesProps {
  view: LogView;
  name: string;
  onlyMatching: boolean;
  /** Whether the end is followed; scrolling changes it. */
  following: Signal<boolean>;
  /** The match one is at; -1: none. */
  current: number;
}

/** The lines of a log, of which only those that can be seen are drawn. */
export function LogLines({ view, name, onlyMatching, following, current }: LogLinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const scrolled = useSignal(0);
  /** Where it was when we last looked, or put it there. */
  const before = useRef(0);
  const size = preferences.size.value;
  const times = preferences.times.value;
  const { width, height, letter, row } = useMeasure(box, probe, size).value;
  const columns = preferences.wrap.value && width > 0 ? Math.max(20, Math.floor((width - 24) / letter) - (times ? TIME : 0)) : 0;
  const atEnd = following.value;
  useMemo(() => view.arrange(columns, onlyMatching), [view, columns, onlyMatching]);
  useLayoutEffect(() => {
    keepPlace(box.current, view.takeGone() * row, atEnd);
    before.current = box.current?.scrollTop ?? 0;
  });
  useLayoutEffect(() => {
    if (current >= 0 && box.current) box.current.scrollTop = view.shown.top(view.shown.indexOf(current)) * row - height / 3;
  }, [current, columns, onlyMatching]);
  view.watched();
  const { shown } = view;
  const top = scrolled.value / row;
  const first = shown.at(Math.max(0, top - BEYOND));
  const last = shown.at(top + height / row + BEYOND);
  const numbers = shown.size === 0 ? [] : Array.from({ length: last - first + 1 }, (_, index) => shown.numberAt(first + index));
  const onScroll = (): void => {
    const { current: element } = box;
    if (!element) return;
    scrolled.value = element.scrollTop;
    following.value = follows(following.value, before.current, element.scrollTop, element.scrollHeight - element.clientHeight - element.scrollTop);
    before.current = element.scrollTop;
  };
  return (
    <div
      ref={box}
      class={`log-box ${columns > 0 ? "log-wrapped" : ""}`}
      style={{ fontSize: `${size}px` }}
      role="region"
      aria-label={t.of(name)}
      tabIndex={0}
      onScroll={onScroll}
    >
      <span ref={probe} class="log-probe" aria-hidden="true" />
      <div class="log-lines" style={{ paddingTop: `${shown.top(first) * row}px`, paddingBottom: `${(shown.totalRows - shown.top(last + 1)) * row}px` }}>
        {numbers.map((number) => {
          const line = view.ring.get(number);
          if (!line) return null;
          const time = !times ? null : line.at > 0 ? timeOfDay(line.at) : "";
          return <LogLine key={number} line={line} time={time} ranges={view.filter.rangesOf(number)} current={number === current} />;
        })}
      </div>
    </div>
  );
}

/** Stay at the end, or with the lines that are seen when `gone` pixels went away above them. */
function keepPlace(box: HTMLElement | null, gone: number, following: boolean): void {
  if (!box) return;
  if (following) box.scrollTop = box.scrollHeight;
  else if (gone > 0) box.scrollTop -= gone;
}
