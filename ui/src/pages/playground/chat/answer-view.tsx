import { useSignal } from "@preact/signals";
import { Button, IconButton } from "../../../parts/button";
import { CopyButton } from "../../../parts/copy-button";
import { Icon } from "../../../parts/icon";
import { Markdown } from "../../../parts/markdown/markdown";
import { AnswerActions } from "./answer-actions";
import { regenerate } from "./chat";
import type { Conversation, Message, Thread } from "./conversation";
import { LoadingNote } from "./loading-note";
import { model } from "./model-choice";
import { Reasoning } from "./reasoning";
import type { Run } from "./run";
import { StatisticsLine } from "./statistics-line";
import { ToolCalls } from "./tool-calls";
import { Versions } from "./versions";
import { t } from "./words";

export interface AnswerViewProps {
  message: Message;
  /** What writes it, as long as something does. */
  run: Run | undefined;
  last: boolean;
  busy: boolean;
  thread: Thread;
  conversation: Conversation;
}

/** What a model has answered, or answers. */
export function AnswerView({ message: kept, run, last, busy, thread, conversation }: AnswerViewProps) {
  const raw = useSignal(false);
  const message = run?.message.value ?? kept;
  const growing = run !== undefined;
  const nothing = message.text === "" && message.reasoning === "" && message.tools.length === 0;
  return (
    <article class="chat-message chat-answer" aria-label={message.model} aria-busy={growing ? "true" : undefined}>
      <header class="chat-by">{message.model}</header>
      {growing && nothing && <LoadingNote name={message.model} />}
      <Reasoning message={message} growing={growing} />
      <ToolCalls tools={message.tools} />
      {raw.value ? <pre class="chat-raw">{message.text}</pre> : message.text && <Markdown text={message.text} growing={growing} />}
      {growing && !nothing && <span class="chat-cursor" aria-hidden="true" />}
      {!growing && <Ended message={message} nothing={nothing} busy={busy} />}
      {!growing && (
        <footer class="chat-actions">
          <Versions message={message} thread={thread} conversation={conversation} busy={busy} />
          <CopyButton icon text={() => message.text} label={t.copy} />
          <IconButton small icon={raw.value ? "eye" : "source"} label={raw.value ? t.rendered : t.raw} aria-pressed={raw.value} onClick={() => (raw.value = !raw.value)} />
          <IconButton small icon="refresh" label={t.again} disabled={busy} onClick={() => regenerate(message, model.value || message.model)} />
          <AnswerActions message={message} last={last} busy={busy} />
          <StatisticsLine message={message} />
        </footer>
      )}
    </article>
  );
}

/** How it ended, when that is worth a word. Errors stand here, outside the text. */
function Ended({ message, nothing, busy }: { message: Message; nothing: boolean; busy: boolean }) {
  if (message.ending === "failed") {
    return (
      <div class="problem" role="alert">
        <Icon name="alert" />
        <div class="grow">
          <strong>{t.failed}</strong>
          <p class="play-failure-text">{message.error}</p>
        </div>
        <Button small icon="retry" disabled={busy} onClick={() => regenerate(message, model.value || message.model)}>
          {t.retry}
        </Button>
      </div>
    );
  }
  if (message.ending === "cancelled" || message.ending === "streaming") return <p class="chat-ended"><span class="tag">{t.cancelled}</span></p>;
  if (["length", "max_tokens", "max_output_tokens"].includes(message.finish)) return <p class="chat-ended"><span class="tag tag-warn">{t.cut}</span></p>;
  return nothing ? <p class="muted">{t.empty}</p> : null;
}
