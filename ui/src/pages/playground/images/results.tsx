import { useSignal } from "@preact/signals";
import { duration } from "../../../lib/format";
import { Button } from "../../../parts/button";
import { Card, Empty } from "../../../parts/card";
import { Failure } from "../failure";
import type { Picture } from "./requests";
import { draw, drawn, job, type Drawn } from "./state";
import { Viewer, type Shown } from "./viewer";
import { t } from "./words";

/** Everything that was drawn since the page was loaded, the latest first. */
export function Results() {
  const open = useSignal<number | null>(null);
  const all = drawn.value.flatMap((each) => each.pictures.filter(({ src }) => src !== "").map((picture): Shown => ({ picture, of: each })));
  const empty = drawn.value.length === 0;
  return (
    <Card title={t.results} class="play-results" actions={!empty && <Button small icon="trash" onClick={() => (drawn.value = [])}>{t.forget}</Button>}>
      <p class="off-screen" role="status">
        {drawn.value[0] && t.drawn(drawn.value[0].pictures.length)}
      </p>
      <Failure of={job.failure.value} onRetry={() => void draw()} />
      {job.running.value && <div class="play-drawing" aria-hidden="true"><span class="spinner" /></div>}
      {empty && !job.running.value && job.failure.value === null && <Empty title={t.emptyTitle}>{t.empty}</Empty>}
      {drawn.value.map((each) => (
        <Group key={each.id} of={each} onOpen={(picture) => (open.value = all.findIndex((shown) => shown.picture === picture))} />
      ))}
      {open.value !== null && <Viewer all={all} at={open.value} onMove={(at) => (open.value = at)} onClose={() => (open.value = null)} />}
    </Card>
  );
}

function Group({ of, onOpen }: { of: Drawn; onOpen: (picture: Picture) => void }) {
  return (
    <figure class="play-drawn">
      <div class={of.pictures.length === 1 ? "play-pictures play-pictures-one" : "play-pictures"}>
        {of.pictures.map((picture, at) =>
          picture.src === "" ? (
            <Remote key={at} url={picture.url} />
          ) : (
            <button type="button" class="play-picture" key={at} aria-label={t.view(of.prompt)} onClick={() => onOpen(picture)}>
              <img src={picture.src} alt="" />
            </button>
          ),
        )}
      </div>
      <figcaption>
        <span>{of.prompt}</span>
        <span class="muted">
          {of.model} · {duration(of.ms)}
        </span>
      </figcaption>
    </figure>
  );
}

/** An image elsewhere is shown only to who asks, as that server would learn of it. */
function Remote({ url }: { url: string }) {
  const safe = /^https?:\/\//i.test(url);
  return (
    <div class="hint">
      <p>{t.remote}</p>
      {safe && (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">
          {t.open}
        </a>
      )}
    </div>
  );
}
