import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bytes, clock } from "../../../lib/format";
import { Button, IconButton } from "../../../parts/button";
import { EXTENSIONS } from "./rules";
import { canRecord, record, recordingSince, stop } from "./recorder";
import { file, problem, source, take } from "./state";
import { t } from "./words";

const ACCEPT = ["audio/*", ...EXTENSIONS.map((each) => `.${each}`)].join(",");

/** Where a file is dropped, chosen or recorded. */
export function AudioField() {
  const over = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const chosen = file.value;
  return (
    <div
      class={`play-drop ${over.value ? "play-drop-over" : ""}`}
      role="group"
      aria-label={t.audio}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        take(event.dataTransfer?.files[0] ?? null);
      }}
    >
      {chosen ? <Chosen chosen={chosen} /> : <p class="muted">{t.drop}</p>}
      <div class="row">
        <input
          ref={picker}
          type="file"
          class="off-screen"
          tabIndex={-1}
          aria-label={t.choose}
          accept={ACCEPT}
          onChange={(event) => {
            take(event.currentTarget.files?.[0] ?? null);
            event.currentTarget.value = "";
          }}
        />
        <Button icon="upload" onClick={() => picker.current?.click()}>
          {t.choose}
        </Button>
        <Microphone />
      </div>
      {problem.value && (
        <p class="field-problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}

function Chosen({ chosen }: { chosen: File }) {
  return (
    <div class="stack">
      <div class="play-file">
        <span class="cut grow">
          {chosen.name} <span class="muted">{bytes(chosen.size)}</span>
        </span>
        <IconButton icon="close" small label={t.remove} onClick={() => take(null)} />
      </div>
      <audio controls src={source.value} aria-label={t.player} id="transcription-audio" />
    </div>
  );
}

function Microphone() {
  const now = useSignal(Date.now());
  const since = recordingSince.value;
  useEffect(() => {
    if (since === 0) return;
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => clearInterval(timer);
  }, [since]);
  useEffect(() => stop, []);
  if (!canRecord()) return <span class="field-note">{t.insecure}</span>;
  if (since === 0) {
    return (
      <Button icon="mic" onClick={() => void record()}>
        {t.record}
      </Button>
    );
  }
  return (
    <>
      <Button icon="stop" look="danger" onClick={stop}>
        {t.stop}
      </Button>
      <span class="play-live" role="status">
        <span class="dot" aria-hidden="true" />
        {t.recording}
      </span>
      <span class="play-elapsed" aria-hidden="true">
        {clock((now.value - since) / 1000)}
      </span>
    </>
  );
}
