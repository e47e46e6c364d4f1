import { useSignal } from "@preact/signals";
import { download } from "../../../lib/download";
import { Button } from "../../../parts/button";
import { Card, Empty } from "../../../parts/card";
import { Failure } from "../failure";
import { forget, job, prefs, recordings, speak, type Recording } from "./state";
import { t } from "./words";

/** Everything that was said since the page was loaded, the latest first. */
export function Recordings() {
  const all = recordings.value;
  return (
    <Card title={t.results} class="play-results" actions={all.length > 0 && <Button small icon="trash" onClick={forget}>{t.forget}</Button>}>
      <p class="off-screen" role="status">
        {all.length > 0 && t.spoken}
      </p>
      <Failure of={job.failure.value} onRetry={() => void speak()} />
      {all.length === 0 && job.failure.value === null && <Empty title={t.emptyTitle}>{t.empty}</Empty>}
      {all.map((recording, at) => (
        <Row key={recording.id} recording={recording} latest={at === 0} />
      ))}
    </Card>
  );
}

const played = new Set<number>();

function Row({ recording, latest }: { recording: Recording; latest: boolean }) {
  const unplayable = useSignal(false);
  const { id, voice, model, src, blob, extension } = recording;
  const autoplay = latest && prefs.autoplay.value && !played.has(id);
  return (
    <article class="play-recording">
      <p>{recording.text}</p>
      <div class="play-recording-row">
        <audio controls src={src} autoplay={autoplay} aria-label={t.player(recording.text)} onPlay={() => played.add(id)} onError={() => (unplayable.value = true)} />
        <Button small icon="download" onClick={() => download(`${voice || "speech"}-${id}.${extension}`, blob, blob.type)}>
          {t.download}
        </Button>
      </div>
      {unplayable.value && <p class="field-note">{t.unplayable}</p>}
      <p class="muted play-recording-note">{[model, voice, extension].filter(Boolean).join(" · ")}</p>
    </article>
  );
}
