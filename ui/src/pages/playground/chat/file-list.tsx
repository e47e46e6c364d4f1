import { useSignal } from "@preact/signals";
import { bytes } from "../../../lib/format";
import { IconButton } from "../../../parts/button";
import { Dialog } from "../../../parts/dialog";
import { Icon } from "../../../parts/icon";
import type { Attachment } from "./conversation";
import { t } from "./words";

/** Attached files; pictures are shown, and larger on request. */
export function FileList({ files, onRemove }: { files: readonly Attachment[]; onRemove?: (id: string) => void }) {
  const shown = useSignal<Attachment | null>(null);
  if (files.length === 0) return null;
  return (
    <ul class="chat-files" aria-label={t.attached}>
      {files.map((file) => (
        <li key={file.id} class={`chat-file chat-file-${file.kind}`}>
          {file.kind === "image" ? (
            <button type="button" class="chat-thumb" aria-label={file.name} title={file.name} onClick={() => (shown.value = file)}>
              <img src={file.data} alt={file.name} />
            </button>
          ) : (
            <span class="chat-file-name" title={file.name}>
              <Icon name="document" />
              <span class="cut">{file.name}</span>
              <small class="muted">{bytes(file.size)}</small>
            </span>
          )}
          {onRemove && <IconButton small icon="close" label={t.detach(file.name)} class="chat-detach" onClick={() => onRemove(file.id)} />}
        </li>
      ))}
      {shown.value && (
        <Dialog kind="full" title={shown.value.name} onClose={() => (shown.value = null)}>
          <img class="chat-large" src={shown.value.data} alt={shown.value.name} />
        </Dialog>
      )}
    </ul>
  );
}
