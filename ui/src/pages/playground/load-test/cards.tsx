import { useSignal } from "@preact/signals";
import { count, duration } from "../../../lib/format";
import { Button, IconButton } from "../../../parts/button";
import { Card } from "../../../parts/card";
import { Movable } from "./movable";
import { splitLoading } from "./pieces";
import { moved } from "./plan";
import type { Asked } from "./run";
import { order, seen } from "./state";
import { t } from "./words";

/** Cards that are shown until somebody wants to see all. */
const FIRST = 24;

/** What each request was answered. */
export function Cards() {
  const said = useSignal("");
  const all = useSignal(false);
  const shown = order.value;
  const { requests, now } = seen.value;
  if (shown.length === 0) return null;
  const move = (from: number, to: number): void => {
    const index = shown[from];
    order.value = moved(shown, from, to);
    if (index !== undefined && order.value !== shown) said.value = t.moved(index + 1, to + 1);
  };
  return (
    <Card title={t.requests}>
      <p class="off-screen" role="status">
        {said.value}
      </p>
      <ol class="play-cards">
        {(all.value ? shown : shown.slice(0, FIRST)).map((index, at) => {
          const asked = requests[index];
          return (
            asked && (
              <Movable key={index} kind="request" at={at} onMove={move} class="play-card">
                <Head asked={asked} at={at} last={at === shown.length - 1} onMove={move} />
                <Body asked={asked} now={now} />
              </Movable>
            )
          );
        })}
      </ol>
      {!all.value && shown.length > FIRST && (
        <p class="play-more-cards">
          <Button onClick={() => (all.value = true)}>{t.showMore(shown.length - FIRST)}</Button>
        </p>
      )}
    </Card>
  );
}

function Head({ asked: { index, model }, at, last, onMove }: { asked: Asked; at: number; last: boolean; onMove: (from: number, to: number) => void }) {
  const n = index + 1;
  return (
    <header>
      <h3 class="cut" title={model}>
        {n} <span class="muted">{model}</span>
      </h3>
      <IconButton icon="left" small label={t.moveEarlier(n)} disabled={at === 0} onClick={() => onMove(at, at - 1)} />
      <IconButton icon="right" small label={t.moveLater(n)} disabled={last} onClick={() => onMove(at, at + 1)} />
      <IconButton icon="close" small label={t.dropRequest(n)} onClick={() => (order.value = order.value.filter((each) => each !== index))} />
    </header>
  );
}

function Body({ asked, now }: { asked: Asked; now: number }) {
  const { state, begin, end, first, tokens, content, error } = asked;
  const { loading, rest } = splitLoading(asked.reasoning);
  const under = state === "queued" ? "" : duration((end ?? now) - begin);
  return (
    <>
      <p class="play-card-state">
        <span class={`play-swatch bar-${state}`} aria-hidden="true" />
        {t.phases[state]}
        <span class="muted">{under}</span>
        {tokens > 0 && <span class="muted">{t.tokens(count(tokens))}</span>}
        {first !== null && <span class="muted">{t.first(duration(first - begin))}</span>}
      </p>
      <div class="play-card-text" tabIndex={0} role="region" aria-label={t.request(asked.index + 1)}>
        {error && <p class="field-problem">{error}</p>}
        {loading && rest === "" && content === "" && <p class="muted mono">{loading}</p>}
        {rest && <p class="muted">{rest}</p>}
        {content ? <p>{content}</p> : !error && !rest && !loading && <p class="muted">{t.noText}</p>}
      </div>
    </>
  );
}
