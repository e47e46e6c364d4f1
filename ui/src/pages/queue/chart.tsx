import { useSignal } from "@preact/signals";
import { linkTo } from "../../app/router";
import { duration, timeOfDay } from "../../lib/format";
import { beginning, ending } from "../../parts/causes";
import { StateMark } from "../../parts/state";
import { stateOf } from "../../server/state";
import { KINDS, changes, lanes, placed, ticks, type Change, type Lane, type Placed, type Request, type Span, type Window } from "./gantt";
import type { TimelineEntry } from "../../server/types";
import { nameOf } from "./swaps-card";
import { t } from "./words";

/** Pixels of a lane. */
const LANE = 52;

export interface ChartProps {
  spans: readonly Span[];
  requests: readonly Request[];
  entries: readonly TimelineEntry[];
  window: Window;
}

/** What models did, as bars along the time: a lane for each. What a pointer is over is said in words below. */
export function Chart({ spans, requests, entries, window }: ChartProps) {
  const told = useSignal("");
  const shown = lanes(spans, requests, window);
  const label = t.timeline.label(shown.length, timeOfDay(window.from * 1000), timeOfDay(window.to * 1000));
  return (
    <div class="gantt">
      <ul class="gantt-names">
        {shown.map(({ model }) => (
          <li key={model} style={{ height: `${LANE}px` }}>
            <StateMark state={stateOf(model)} dot />
            <a class="cut" href={linkTo(["models", model])} title={model}>
              {nameOf(model)}
            </a>
          </li>
        ))}
      </ul>
      <div class="gantt-area" role="img" aria-label={label} onPointerLeave={() => (told.value = "")}>
        <Axis window={window} />
        {shown.map((lane) => (
          <LaneView key={lane.model} lane={lane} tell={(text) => (told.value = text)} />
        ))}
        <Changes all={changes(entries, window)} order={shown.map(({ model }) => model)} window={window} />
      </div>
      <p class="gantt-told" aria-hidden="true">
        {told.value}
      </p>
      <Legend />
    </div>
  );
}

function Axis({ window }: { window: Window }) {
  const offset = -new Date(window.to * 1000).getTimezoneOffset() * 60;
  return (
    <div class="gantt-axis">
      {ticks(window, 6, offset).map((at) => (
        <span key={at} style={{ left: `${placed({ from: at, to: at }, window).left}%` }}>
          <span>{timeOfDay(at * 1000)}</span>
        </span>
      ))}
    </div>
  );
}

function LaneView({ lane, tell }: { lane: Lane; tell: (text: string) => void }) {
  return (
    <div class="gantt-lane" data-model={lane.model} style={{ height: `${LANE}px` }}>
      {lane.requests.map((request) => {
        const text = requestWords(request.item);
        const kind = request.item.failed ? "failed" : request.item.waiting ? "waiting" : "well";
        return (
          <span
            key={`${request.item.open}${request.item.id}`}
            class={`gantt-request gantt-request-${kind}`}
            style={{ left: `${request.left}%`, width: `${request.width}%`, top: `${6 + request.row * 5}px` }}
            title={text}
            onPointerEnter={() => tell(text)}
          />
        );
      })}
      {lane.spans.map((span) => (
        <Bar key={`${span.item.kind}${span.item.from}`} span={span} tell={tell} />
      ))}
    </div>
  );
}

function Bar({ span: { item, left, width }, tell }: { span: Placed<Span>; tell: (text: string) => void }) {
  const text = spanWords(item);
  const kind = t.timeline.kinds[item.kind];
  return (
    <span
      class={`gantt-bar gantt-${item.kind} ${item.open ? "gantt-open" : ""}`}
      data-kind={item.kind}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={text}
      onPointerEnter={() => tell(text)}
      onPointerDown={() => tell(text)}
    >
      {width > 3.5 && <span class="gantt-text">{[kind, shortCause(item)].filter(Boolean).join(" · ")}</span>}
    </span>
  );
}

function Changes({ all, order, window }: { all: readonly Change[]; order: readonly string[]; window: Window }) {
  return (
    <>
      {all.map(({ at, from, to }) => {
        const [one, other] = [order.indexOf(from), order.indexOf(to)];
        if (one < 0 || other < 0) return null;
        const style = {
          left: `${placed({ from: at, to: at }, window).left}%`,
          top: `calc(var(--axis) + ${Math.min(one, other) * LANE + LANE - 14}px)`,
          height: `${Math.abs(one - other) * LANE}px`,
        };
        return <span key={`${at}${from}${to}`} class={`gantt-change ${other > one ? "gantt-change-down" : "gantt-change-up"}`} style={style} />;
      })}
    </>
  );
}

function Legend() {
  return (
    <ul class="gantt-legend" aria-hidden="true">
      <li>
        <span class="gantt-request gantt-request-well" /> {t.timeline.requests}
      </li>
      {KINDS.map((kind) => (
        <li key={kind}>
          <span class={`gantt-bar gantt-${kind}`} /> {t.timeline.kinds[kind]}
        </li>
      ))}
    </ul>
  );
}

function requestWords({ id, from, to, failed }: Request): string {
  const length = duration((to - from) * 1000);
  return failed ? t.timeline.requestFailed(id, length) : t.timeline.request(id, length);
}

/** Why, in a word or two, for where there is little room. */
function shortCause({ kind, begin, end }: Span): string {
  if (kind === "ready" && end) return ending(end.cause, end.detail);
  if ((kind === "start" || kind === "stop") && begin && begin.cause !== "") return beginning(begin.cause);
  return "";
}

/** All there is to say of a bar. */
function spanWords({ model, kind, from, to, open, begin, end }: Span): string {
  const [word, length, began] = [t.timeline.kinds[kind], duration((to - Math.max(from, 0)) * 1000), timeOfDay(from * 1000)];
  const first = open ? t.timeline.until(nameOf(model), word, began, length) : t.timeline.bar(nameOf(model), word, began, timeOfDay(to * 1000), length);
  const causes = [];
  if (begin && (kind === "start" || kind === "drain" || kind === "stop" || kind === "settle" || kind === "ready")) causes.push(t.timeline.began(beginning(begin.cause)));
  if (begin?.kind === "swap" && begin.error !== "") causes.push(t.timeline.failed(begin.error));
  if (end && kind === "ready") causes.push(t.timeline.ended(ending(end.cause, end.detail)));
  return [first, ...causes].join(". ").replaceAll("..", ".");
}
