import { IconButton } from "../../../parts/button";
import { NumberInput } from "../fields";
import { ModelSelect } from "../model-select";
import { Movable } from "./movable";
import { MOST_REQUESTS, moved, type Wanted } from "./plan";
import { prefs } from "./state";
import { t } from "./words";

/** The models that are asked, in their order. */
export function Queue() {
  const queue = prefs.queue.value;
  const add = (model: string): void => {
    if (model !== "") prefs.queue.value = [...queue, { model, times: 1 }];
  };
  return (
    <fieldset class="stack">
      <legend class="field-name">{t.queue}</legend>
      {queue.length === 0 && <p class="field-note">{t.queueEmpty}</p>}
      <ol class="play-queue">
        {queue.map((wanted, at) => (
          <Movable key={`${wanted.model} ${at}`} kind="queue" at={at} onMove={(from, to) => (prefs.queue.value = moved(queue, from, to))}>
            <Row wanted={wanted} at={at} />
          </Movable>
        ))}
      </ol>
      <ModelSelect area="load" placeholder={t.addModel} value="" onChange={add} />
    </fieldset>
  );
}

function Row({ wanted: { model, times }, at }: { wanted: Wanted; at: number }) {
  const queue = prefs.queue.value;
  const move = (to: number): void => {
    prefs.queue.value = moved(queue, at, to);
  };
  return (
    <>
      <span class="cut grow" title={model}>
        {model}
      </span>
      <NumberInput
        range={{ min: 1, max: MOST_REQUESTS }}
        aria-label={t.times(model)}
        value={times}
        onChange={(value) => (prefs.queue.value = queue.map((each, index) => (index === at ? { model, times: value } : each)))}
      />
      <IconButton icon="up" small label={t.earlier(model)} disabled={at === 0} onClick={() => move(at - 1)} />
      <IconButton icon="down" small label={t.later(model)} disabled={at === queue.length - 1} onClick={() => move(at + 1)} />
      <IconButton icon="close" small label={t.drop(model)} onClick={() => (prefs.queue.value = queue.filter((_, index) => index !== at))} />
    </>
  );
}
