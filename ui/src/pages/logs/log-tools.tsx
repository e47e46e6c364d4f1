import { Button, IconButton } from "../../parts/button";
import { CopyButton } from "../../parts/copy-button";
import { download } from "../../lib/download";
import { nextSize, preferences } from "./preferences";
import type { LogView } from "./view";
import { t } from "./words";

/** How a log is shown, and what one can take from it. */
export function LogTools({ view, name }: { view: LogView; name: string }) {
  const { wrap, times, size } = preferences;
  const paused = view.paused.value;
  return (
    <div class="log-tools">
      <IconButton small icon={paused ? "play" : "pause"} label={paused ? t.resume : t.pause} aria-pressed={paused} onClick={() => view.pause(!paused)} />
      <IconButton small icon="wrap" label={t.wrap} aria-pressed={wrap.value} onClick={() => (wrap.value = !wrap.value)} />
      <IconButton small icon="clock" label={t.times} aria-pressed={times.value} onClick={() => (times.value = !times.value)} />
      <Button small look="quiet" aria-label={t.size(size.value)} title={t.size(size.value)} onClick={() => (size.value = nextSize(size.value))}>
        Aa
      </Button>
      <CopyButton icon label={t.copy} text={() => view.text("shown")} />
      <IconButton small icon="download" label={t.download} onClick={() => download(`${fileName(name)}.log`, view.text("all"))} />
      <IconButton small icon="trash" label={t.clear} onClick={() => view.clear()} />
    </div>
  );
}

function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^-+|-+$/g, "").toLowerCase() || "llamaswap";
}
