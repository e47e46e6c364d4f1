import { useSignal } from "@preact/signals";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/dialog";
import { cancel, requestsOf } from "./does";
import { t } from "./words";

interface Load {
  id: string;
  name: string;
}

/** Gives up the load of a model; asks first when requests wait for it. */
export function CancelLoad({ id, name, label, children }: Load & { label: string; children: string }) {
  const asking = useSignal(false);
  const press = (): void => {
    if (requestsOf(id) > 0) asking.value = true;
    else void cancel(id, name);
  };
  return (
    <>
      <Button small icon="cancel" aria-label={label} onClick={press}>
        {children}
      </Button>
      {asking.value && <ConfirmCancel id={id} name={name} onClose={() => (asking.value = false)} />}
    </>
  );
}

/** Says how many requests a load is given up for. */
export function ConfirmCancel({ id, name, onClose }: Load & { onClose: () => void }) {
  return (
    <Confirm title={t.confirm.load(name)} act={t.confirm.endLoad} onClose={onClose} onConfirm={() => void cancel(id, name)}>
      <p>{t.confirm.waits(requestsOf(id))}</p>
    </Confirm>
  );
}
