/** A log with everything one does with it. The page of a model embeds it: `<LogPanel path={id} name={id} />`. */

import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ask, asked } from "../../app/router";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/card";
import { isHidden, whileSeen } from "../../lib/sight";
import { link } from "../../server/feed";
import { LogFilter } from "./log-filter";
import { LogLines } from "./log-lines";
import { LogTools } from "./log-tools";
import { LogView } from "./view";
import { browserWorld } from "./world";
import { t } from "./words";

export interface LogPanelProps {
  /** What the server calls it below `logs/stream/`: `proxy`, `upstream`, the ID of a model, or nothing for everything. */
  path: string;
  /** What users call it. */
  name: string;
  /** What stands in place of its name, such as a choice. */
  head?: ComponentChildren;
  /** The name of its filter in the address; other panels of a page have others. */
  query?: string;
  /** When what is looked for was written, ms since the epoch by this browser's clock; 0: it is not known. */
  at?: number;
}

export function LogPanel({ path, name, head, query = "filter", at = 0 }: LogPanelProps) {
  const view = useMemo(() => new LogView(browserWorld(path), t.gap), [path]);
  const following = useSignal(true);
  const current = useSignal(-1);
  const seen = useSignal(0);
  const pattern = asked(query);
  const onlyMatching = useSignal(true);
  useFollowing(view);
  useEffect(() => {
    current.value = -1;
    view.filter.set(pattern);
  }, [view, pattern]);
  useEffect(() => {
    if (at === 0) return;
    const number = view.ring.lastAt(at);
    following.value = number < 0 || number === view.ring.end - 1;
    current.value = following.value ? -1 : number;
  }, [view, at]);
  const version = view.watched();
  useEffect(() => {
    if (following.value && !view.paused.value) seen.value = view.ring.end;
  }, [version, following.value]);
  const filtering = useComputed(() => (view.watched() >= 0 && view.filter.state.is === "on" && onlyMatching.value));
  const toEnd = (): void => {
    if (view.paused.value) view.pause(false);
    current.value = -1;
    following.value = true;
  };
  const unseen = Math.max(0, view.ring.end - seen.value);
  return (
    <section class="log-panel card">
      <header class="log-head">
        <div class="log-name">
          {head ?? <h2>{name}</h2>}
          <span class="card-note log-count">{view.paused.value ? t.paused : t.lines(view.ring.end - view.ring.first)}</span>
          <LinkNote view={view} />
        </div>
        <LogTools view={view} name={name} />
      </header>
      <LogFilter
        view={view}
        name={name}
        pattern={pattern}
        onPattern={(value) => ask({ [query]: value })}
        onlyMatching={onlyMatching}
        onMatch={(number) => {
          following.value = false;
          current.value = number;
        }}
        current={current.value}
      />
      <div class="log-frame">
        <LogLines view={view} name={name} onlyMatching={filtering.value} following={following} current={current.value} />
        <Instead view={view} filtering={filtering.value} />
        <ToEnd shown={!following.value || view.paused.value} unseen={unseen} onClick={toEnd} />
      </div>
    </section>
  );
}

/** Follow the log as long as the panel is there and can be seen, anew after the server was away. */
function useFollowing(view: LogView): void {
  useEffect(() => {
    let away = false;
    const endLink = link.subscribe(({ is }) => {
      if (is === "open" && away && !isHidden()) view.restart();
      away = is === "waiting" || (away && is === "connecting");
    });
    const endSight = whileSeen(() => view.restart(), () => view.rest());
    return () => {
      endLink();
      endSight();
      view.stop();
    };
  }, [view]);
}

function LinkNote({ view }: { view: LogView }) {
  return <span role="status">{view.link.value.is === "waiting" && <span class="tag tag-warn">{t.again}</span>}</span>;
}

/** What stands where no lines are. */
function Instead({ view, filtering }: { view: LogView; filtering: boolean }) {
  view.watched();
  const state = view.link.value;
  if (state.is === "refused") {
    return (
      <div class="log-instead">
        <Empty title={t.refused}>
          <p>{state.why}</p>
          <Button icon="retry" onClick={() => view.restart()}>
            {t.retry}
          </Button>
        </Empty>
      </div>
    );
  }
  if (view.shown.size > 0) return null;
  const text = filtering && view.ring.end > view.ring.first ? t.nothing : state.is === "open" ? t.empty : t.connecting;
  return <p class="log-instead muted">{text}</p>;
}

function ToEnd({ shown, unseen, onClick }: { shown: boolean; unseen: number; onClick: () => void }) {
  if (!shown) return null;
  return (
    <Button icon="end" look="primary" small class="log-end" onClick={onClick}>
      {unseen > 0 ? t.unseen(unseen) : t.end}
    </Button>
  );
}

