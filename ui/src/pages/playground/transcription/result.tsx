import { download } from "../../../lib/download";
import { Button } from "../../../parts/button";
import { Card, Empty } from "../../../parts/card";
import { CopyButton } from "../../../parts/copy-button";
import { Failure } from "../failure";
import { extensionFor, timestamp, type Segment, type Transcript } from "./rules";
import { job, transcribe, written, type Written } from "./state";
import { t } from "./words";

export function Result() {
  const current = written.value;
  return (
    <Card title={t.result} class="play-results" actions={current && <Actions of={current} />}>
      <p class="off-screen" role="status">
        {current && t.done}
      </p>
      <Failure of={job.failure.value} onRetry={() => void transcribe()} />
      {current ? <Text of={current.transcript} /> : job.failure.value === null && <Empty title={t.emptyTitle}>{t.emptyText}</Empty>}
    </Card>
  );
}

function Actions({ of: { transcript, raw, format, name } }: { of: Written }) {
  const base = name.replace(/\.[^.]*$/, "") || "transcript";
  const content = format === "json" ? `${transcript.text}\n` : raw;
  return (
    <>
      <CopyButton text={() => transcript.text} label={t.copy} />
      <Button small icon="download" onClick={() => download(`${base}.${extensionFor(format)}`, content)}>
        {t.download}
      </Button>
    </>
  );
}

function Text({ of: { text, segments, language, duration } }: { of: Transcript }) {
  return (
    <div class="stack">
      <p class="play-transcript">{text || t.silent}</p>
      <p class="muted row">
        {language && <span>{t.languageIs(language)}</span>}
        {duration > 0 && <span>{t.lengthIs(timestamp(duration))}</span>}
      </p>
      {segments.length > 0 && <Segments segments={segments} />}
    </div>
  );
}

function Segments({ segments }: { segments: readonly Segment[] }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t.times}>
      <table>
        <thead>
          <tr>
            <th>{t.from}</th>
            <th>{t.to}</th>
            <th>{t.said}</th>
          </tr>
        </thead>
        <tbody>
          {segments.map(({ start, end, text }, at) => (
            <tr key={at}>
              <td>
                <Button small look="quiet" aria-label={t.jump(timestamp(start))} onClick={() => playFrom(start)}>
                  {timestamp(start)}
                </Button>
              </td>
              <td class="number">{timestamp(end)}</td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function playFrom(seconds: number): void {
  const player = document.getElementById("transcription-audio");
  if (!(player instanceof HTMLAudioElement)) return;
  player.currentTime = seconds;
  void player.play();
}
