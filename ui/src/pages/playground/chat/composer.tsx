import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../../../app/router";
import { Button, IconButton } from "../../../parts/button";
import { Icon } from "../../../parts/icon";
import { listed } from "../catalogue";
import { isAble } from "../choices";
import { attach } from "./attach";
import { ACCEPT } from "./attachments";
import { cancel, runs, send } from "./chat";
import { conversations, threadOf } from "./conversations";
import { draftOf, type Draft } from "./drafts";
import { ExpandDialog } from "./expand-dialog";
import { FileList } from "./file-list";
import { isSubmit } from "../keys";
import { model } from "./model-choice";
import { t } from "./words";

/** Where one writes. What is written stays when one looks elsewhere. */
export function Composer({ conversation }: { conversation: string }) {
  const draft = draftOf(conversation);
  const area = useRef<HTMLTextAreaElement>(null);
  const large = useSignal(false);
  const running = runs.value.has(conversation);
  const known = conversation === "" || (conversations.value !== null && threadOf(conversation).value !== null);
  const able = known && draft.reading.value === 0 && model.value !== "" && (draft.text.value.trim() !== "" || draft.attachments.value.length > 0);
  useReturnOfFocus(running, area);
  const over = useDrop(draft);
  const said = useProgress(running);
  const submit = (): void => {
    if (running || !able) return;
    const asked = { text: draft.text.value.trim(), attachments: draft.attachments.value, model: model.value };
    draft.text.value = "";
    draft.attachments.value = [];
    const id = send(conversation, asked);
    ask({ c: id, model: asked.model }, conversation !== "");
  };
  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {over && <p class="chat-drop">{t.drop}</p>}
      <FileList files={draft.attachments.value} onRemove={(id) => (draft.attachments.value = draft.attachments.value.filter((each) => each.id !== id))} />
      <VisionNote draft={draft} />
      <textarea
        ref={area}
        rows={1}
        aria-label={t.message}
        placeholder={t.placeholder(model.value)}
        title={t.keyHint}
        value={draft.text.value}
        onInput={(event) => (draft.text.value = event.currentTarget.value)}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          void attach(draft, files);
        }}
        onKeyDown={(event) => {
          if (!isSubmit(event)) return;
          event.preventDefault();
          submit();
        }}
      />
      <div class="chat-tools">
        <Attach draft={draft} />
        <IconButton icon="expand" label={t.expand} aria-haspopup="dialog" onClick={() => (large.value = true)} />
        <span class="off-screen" role="status">
          {said}
        </span>
        {running ? (
          <Button icon="stop" class="chat-send" onClick={() => cancel(conversation)}>
            {t.cancel}
          </Button>
        ) : (
          <Button look="primary" icon="send" type="submit" class="chat-send" disabled={!able} title={model.value === "" ? t.noModel : undefined}>
            {t.send}
          </Button>
        )}
      </div>
      {large.value && <ExpandDialog draft={draft} able={able && !running} onSend={submit} onClose={() => (large.value = false)} />}
    </form>
  );
}

/** The focus is in the input at first, and comes back when an answer is complete, unless one is busy elsewhere. */
function useReturnOfFocus(running: boolean, area: { current: HTMLTextAreaElement | null }): void {
  useEffect(() => {
    if (running || matchMedia("(pointer: coarse)").matches) return;
    const now = document.activeElement;
    if (now === null || now === document.body || now.closest(".chat-composer, .chat-entry > a, .chat-new")) area.current?.focus();
  }, [running]);
}

/** What is said of the answer to those who do not see it. */
function useProgress(running: boolean): string {
  const begun = useRef(false);
  begun.current ||= running;
  if (running) return t.writing;
  return begun.current ? t.ready : "";
}

/** Files that are dropped anywhere on the page are attached. Returns whether some are held over it. */
function useDrop(draft: Draft): boolean {
  const over = useSignal(false);
  useEffect(() => {
    const holds = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    const hold = (event: DragEvent): void => {
      if (!holds(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) over.value = false;
    };
    const drop = (event: DragEvent): void => {
      over.value = false;
      if (!holds(event)) return;
      event.preventDefault();
      void attach(draft, [...(event.dataTransfer?.files ?? [])]);
    };
    const hearers = { dragover: hold, dragleave: leave, drop };
    for (const [name, hear] of Object.entries(hearers)) addEventListener(name, hear as EventListener);
    return () => {
      for (const [name, hear] of Object.entries(hearers)) removeEventListener(name, hear as EventListener);
    };
  }, [draft]);
  return over.value;
}

function VisionNote({ draft }: { draft: Draft }) {
  const pictures = draft.attachments.value.some(({ kind }) => kind === "image");
  if (!pictures || model.value === "" || isAble(listed.value ?? [], model.value, "vision")) return null;
  return (
    <p class="chat-warning" role="status">
      <Icon name="warning" />
      {t.noVision(model.value)}
    </p>
  );
}

function Attach({ draft }: { draft: Draft }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="attach" label={t.attach} onClick={() => picker.current?.click()} />
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        aria-label={t.attach}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          void attach(draft, files);
        }}
      />
    </>
  );
}
