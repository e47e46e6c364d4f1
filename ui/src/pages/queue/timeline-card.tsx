import { ask, asked } from "../../app/router";
import { stored } from "../../lib/stored";
import { Button, IconButton } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { Loading } from "../../parts/fetched";
import { useNow } from "../../parts/now";
import { Problem } from "../../parts/problem";
import { readTimeline, schedule, timeline, timelineProblem, timelineRead } from "../../server/state";
import { Chart } from "./chart";
import { fitting, lanes, spans, type Window } from "./gantt";
import { useRequests } from "./requests";
import { Table } from "./table";
import { t } from "./words";

const SPANS = [300, 900, 3600] as const;
type Length = (typeof SPANS)[number];
const isLength = (value: unknown): value is Length => SPANS.some((each) => each === value);

const kept = stored<{ span: Length }>("queue", { span: 300 }, { span: isLength });

/** What has happened to models, and why: drawn, or as a table. */
export function TimelineCard() {
  const now = useNow() / 1000;
  const span = length();
  const until = Number(asked("until")) || 0;
  const follows = !(until > 0 && until < now);
  const seen = fitting(span, timeline.value[0]?.when, now);
  const window: Window = follows ? { from: now - seen, to: now } : { from: until - span, to: until };
  const { requests, read, total, problem, retry } = useRequests(window, follows, now);
  const { models, swaps } = schedule.value;
  const all = spans(timeline.value, { at: now, models, swaps });
  const asTable = asked("view") === "table";
  return (
    <Card title={t.timeline.title} actions={<Tools span={span} window={window} follows={follows} now={now} asTable={asTable} />} class="timeline-card">
      {timelineProblem.value && <Problem text={t.timeline.problem(timelineProblem.value)} onRetry={() => void readTimeline()} />}
      {problem && <Problem text={t.timeline.requestsProblem(problem)} onRetry={retry} />}
      {lanes(all, requests, window).length === 0 ? (
        <Nothing />
      ) : asTable ? (
        <Table entries={timeline.value} window={window} />
      ) : (
        <Chart spans={all} requests={requests} entries={timeline.value} window={window} />
      )}
      {total > read && !asTable && <p class="muted">{t.timeline.most(read, total)}</p>}
    </Card>
  );
}

/** Nothing is known to have happened: nobody knows yet, or it is so. */
function Nothing() {
  if (!timelineRead.value) return timelineProblem.value ? null : <Loading />;
  return (
    <Empty title={t.timeline.none}>
      <p>{t.timeline.noneAbout}</p>
    </Empty>
  );
}

function length(): Length {
  const wished = Number(asked("span"));
  return isLength(wished) ? wished : kept.span.value;
}

function Tools({ span, window, follows, now, asTable }: { span: Length; window: Window; follows: boolean; now: number; asTable: boolean }) {
  const move = (to: number): void => ask({ until: to >= now ? "" : to.toFixed(0) });
  const choose = (wished: Length): void => {
    kept.span.value = wished;
    ask({ span: String(wished) });
  };
  return (
    <>
      <IconButton small icon="left" label={t.timeline.earlier} onClick={() => move(window.to - span / 2)} />
      <IconButton small icon="right" label={t.timeline.later} disabled={follows} onClick={() => move(window.to + span / 2)} />
      {!follows && (
        <Button small onClick={() => ask({ until: "" })}>
          {t.timeline.now}
        </Button>
      )}
      <div class="row queue-choice" role="group" aria-label={t.timeline.span}>
        {SPANS.map((each) => (
          <Button key={each} small look="quiet" aria-pressed={each === span} onClick={() => choose(each)}>
            {t.timeline.spans[each]}
          </Button>
        ))}
      </div>
      <div class="row queue-choice" role="group" aria-label={t.timeline.view}>
        <Button small look="quiet" icon="queue" aria-pressed={!asTable} onClick={() => ask({ view: "" })}>
          {t.timeline.chart}
        </Button>
        <Button small look="quiet" icon="table" aria-pressed={asTable} onClick={() => ask({ view: "table" })}>
          {t.timeline.table}
        </Button>
      </div>
    </>
  );
}
