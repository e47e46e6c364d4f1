import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { download } from "../../lib/download";
import { exported, forget, imported } from "../../lib/preferences";
import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { Confirm } from "../../parts/dialog";
import { say } from "../../parts/toasts";
import { t } from "./words";

/** What the browser keeps of these pages: to take along, and to get rid of. */
export function Preferences() {
  const asking = useSignal(false);
  const picker = useRef<HTMLInputElement>(null);
  const take = async (files: FileList | null): Promise<void> => {
    const text = (await files?.[0]?.text()) ?? "";
    if (picker.current) picker.current.value = "";
    renew((shelf) => imported(shelf, text));
  };
  return (
    <Card title={t.preferences}>
      <div class="stack">
        <p class="muted">{t.preferencesNote}</p>
        <div class="row">
          <Button icon="download" onClick={save}>
            {t.export}
          </Button>
          <Button icon="upload" onClick={() => picker.current?.click()}>
            {t.import}
          </Button>
          <input ref={picker} type="file" accept="application/json,.json" hidden aria-label={t.importLabel} onChange={(event) => void take(event.currentTarget.files)} />
          <span class="grow" />
          <Button look="danger" icon="retry" onClick={() => (asking.value = true)}>
            {t.reset}
          </Button>
        </div>
      </div>
      {asking.value && (
        <Confirm title={t.resetTitle} act={t.reset} onConfirm={() => renew(forgetAll)} onClose={() => (asking.value = false)}>
          <p>{t.resetAbout}</p>
        </Confirm>
      )}
    </Card>
  );
}

function save(): void {
  try {
    download("llamaswap-preferences.json", exported(localStorage), "application/json");
  } catch {
    say("bad", t.notKept);
  }
}

function forgetAll(shelf: Storage): true {
  forget(shelf);
  return true;
}

/** Change what is kept, and begin anew with that. */
function renew(change: (shelf: Storage) => boolean): void {
  try {
    if (change(localStorage)) location.reload();
    else say("bad", t.notImported, { detail: t.notImportedWhy });
  } catch {
    say("bad", t.notKept);
  }
}
