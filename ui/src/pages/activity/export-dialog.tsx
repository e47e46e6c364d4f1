import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { copyText } from "../../lib/copy";
import { download } from "../../lib/download";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { address } from "../../server/api";
import { t } from "./words";

export interface ExportDialogProps {
  /** The page as it is shown. */
  text: string;
  /** Requests that the filters let through. */
  total: number;
  /** The filters, as the server is asked. */
  query: Readonly<Record<string, string | readonly string[]>>;
  onClose: () => void;
}

/** The page as Markdown, and all that the filters show as files. */
export function ExportDialog({ text: now, total, query, onClose }: ExportDialogProps) {
  const text = useRef(now).current; // it would change under the hand that selects it
  const area = useRef<HTMLTextAreaElement>(null);
  const copied = useSignal<boolean | null>(null);
  const copy = async (): Promise<void> => {
    copied.value = await copyText(text);
    if (!copied.value) area.current?.select();
  };
  const words = copied.value === null ? t.export.copy : copied.value ? t.export.copied : t.export.refused;
  return (
    <Dialog
      title={t.export.title}
      kind="wide"
      onClose={onClose}
      actions={
        <>
          <Button icon="download" onClick={() => download("activity.md", text, "text/markdown;charset=utf-8")}>
            {t.export.save}
          </Button>
          <Button look="primary" icon={copied.value ? "check" : "clipboard"} onClick={copy}>
            {words}
          </Button>
        </>
      }
    >
      <label class="field">
        <span>{t.export.page}</span>
        <textarea ref={area} class="mono export-text" readOnly rows={14} value={text} spellcheck={false} wrap="off" />
      </label>
      <div class="row export-all">
        <span class="grow">{t.export.all(total)}</span>
        {(["csv", "json"] as const).map((format) => (
          <a key={format} class="button" href={address("api/metrics/export", { ...query, format }).href} download={`activity.${format}`}>
            <Icon name="download" />
            {format.toUpperCase()}
          </a>
        ))}
      </div>
    </Dialog>
  );
}
