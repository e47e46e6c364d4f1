import { Button } from "../../../parts/button";
import { Dialog } from "../../../parts/dialog";
import type { Draft } from "./drafts";
import { t } from "./words";

/** The same draft in a large editor, where Enter begins a new line. */
export function ExpandDialog({ draft, able, onSend, onClose }: { draft: Draft; able: boolean; onSend: () => void; onClose: () => void }) {
  return (
    <Dialog
      kind="full"
      title={t.expandTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t.done}</Button>
          <Button
            look="primary"
            icon="send"
            disabled={!able}
            onClick={() => {
              onClose();
              onSend();
            }}
          >
            {t.send}
          </Button>
        </>
      }
    >
      <textarea
        class="chat-large-editor"
        aria-label={t.message}
        value={draft.text.value}
        autofocus
        onInput={(event) => (draft.text.value = event.currentTarget.value)}
      />
    </Dialog>
  );
}
