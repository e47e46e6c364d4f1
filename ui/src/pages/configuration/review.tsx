import { go } from "../../app/router";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { say } from "../../parts/toasts";
import { messageOf } from "../../server/api";
import { Changes } from "./changes";
import { DiffView } from "./diff-view";
import { checked, original, ready, reviewed, save, saving, text } from "./edited";
import { t } from "./words";

/** What would change, before it does. */
export function Review({ id, name }: { id: string; name: string }) {
  const onClose = (): void => {
    reviewed.value = "";
  };
  const apply = async (): Promise<void> => {
    try {
      const outcome = await save();
      if (outcome === "applied") say("good", t.applied);
      if (outcome === "not in force") say("bad", t.notInForce);
    } catch (error) {
      say("bad", t.applyFailed, { detail: messageOf(error), retry: () => lookAgain(id) });
    }
    onClose();
  };
  const changes = checked.value?.changes;
  return (
    <Dialog
      title={t.reviewTitle(name)}
      kind="wide"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button look="primary" busy={saving.value} disabled={saving.value || !ready.value} onClick={() => void apply()}>
            {t.apply}
          </Button>
        </>
      }
    >
      {changes && <Changes of={changes} />}
      <DiffView before={original.value?.text ?? ""} after={text.value} />
      <p class="field-note">{t.backup(name)}</p>
    </Dialog>
  );
}

/** The text may be another by now, so what would change is shown again. */
function lookAgain(id: string): void {
  go(["configuration"], { tab: "files", file: id });
  reviewed.value = id;
}
