import { useSignal } from "@preact/signals";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { DiffView } from "./diff-view";
import { discard, keepOnTop, original, text } from "./edited";
import { t } from "./words";

/** Somebody else has written the file; the draft stays until the user says what becomes of it. */
export function Conflict() {
  const differs = useSignal(false);
  return (
    <div class="problem config-conflict" role="alert">
      <Icon name="warning" />
      <div class="grow">
        <strong>{t.conflict.title}</strong>
        <p>{t.conflict.about}</p>
      </div>
      <div class="row">
        <Button small onClick={() => (differs.value = true)}>
          {t.conflict.differs}
        </Button>
        <Button small onClick={keepOnTop}>
          {t.conflict.keep}
        </Button>
        <Button small look="danger" onClick={discard}>
          {t.conflict.take}
        </Button>
      </div>
      {differs.value && (
        <Dialog title={t.conflict.diffTitle} kind="wide" onClose={() => (differs.value = false)}>
          <DiffView before={original.value?.text ?? ""} after={text.value} />
        </Dialog>
      )}
    </div>
  );
}
