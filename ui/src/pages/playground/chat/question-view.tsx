import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button, IconButton } from "../../../parts/button";
import { CopyButton } from "../../../parts/copy-button";
import { deleteMessage, edit } from "./chat";
import type { Conversation, Message, Thread } from "./conversation";
import { FileList } from "./file-list";
import { isSubmit } from "../keys";
import { model } from "./model-choice";
import { Versions } from "./versions";
import { t } from "./words";

/** What the user has asked. It is never Markdown. */
export function QuestionView({ message, thread, conversation, busy }: { message: Message; thread: Thread; conversation: Conversation; busy: boolean }) {
  const editing = useSignal(false);
  return (
    <article class="chat-message chat-question" aria-label={t.you}>
      <FileList files={message.attachments} />
      {editing.value ? (
        <Editor message={message} busy={busy} onDone={() => (editing.value = false)} />
      ) : (
        message.text && <div class="chat-bubble">{message.text}</div>
      )}
      {!editing.value && (
        <footer class="chat-actions">
          <Versions message={message} thread={thread} conversation={conversation} busy={busy} />
          <CopyButton icon text={() => message.text} label={t.copy} />
          <IconButton small icon="edit" label={t.edit} disabled={busy} onClick={() => (editing.value = true)} />
          <IconButton small icon="trash" label={t.remove} disabled={busy} onClick={() => deleteMessage(message)} />
        </footer>
      )}
    </article>
  );
}

function Editor({ message, busy, onDone }: { message: Message; busy: boolean; onDone: () => void }) {
  const text = useSignal(message.text);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  const save = (): void => {
    if (busy) return;
    onDone();
    if (text.value.trim()) edit(message, text.value, model.value || message.model);
  };
  return (
    <form
      class="chat-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        aria-label={t.editLabel}
        value={text.value}
        ref={area}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
          if (!isSubmit(event)) return;
          event.preventDefault();
          save();
        }}
      />
      <div class="row">
        <Button small look="primary" type="submit" disabled={busy}>
          {t.save}
        </Button>
        <Button small onClick={onDone}>
          {t.abandon}
        </Button>
      </div>
    </form>
  );
}
