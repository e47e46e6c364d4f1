import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button, type ButtonProps } from "../../parts/button";
import { Confirm } from "../../parts/dialog";
import { may } from "../../server/session";
import type { LiveModel, Model } from "../../server/types";
import { ConfirmCancel } from "./cancel-load";
import { begin, cancel, end, leaving, pending, requestsOf } from "./does";
import { actionFor, type Action } from "./rules";
import { t } from "./words";

const LOOKS: Record<Action, Pick<ButtonProps, "icon" | "look">> = {
  load: { icon: "play", look: "plain" },
  retry: { icon: "retry", look: "plain" },
  cancel: { icon: "cancel", look: "plain" },
  unload: { icon: "power", look: "plain" },
  wait: { icon: "wait", look: "plain" },
};

/** Loads a model, or ends it, whatever it does; asks first when requests would be cut. Not there for keys that may not. */
export function LoadButton({ model, live, small = true }: { model: Model; live: LiveModel | undefined; small?: boolean }) {
  /** What one is asked about: it is over when something else can be done. */
  const asking = useSignal<Action | null>(null);
  const { id } = model;
  const name = model.name || id;
  const action = actionFor(model.state, pending.value.has(id), live);
  const close = (): void => {
    asking.value = null;
  };
  useEffect(close, [id, action]);
  if (!may("admin") || model.peerID !== "") return null;
  const requests = requestsOf(id);
  const press = (): void => {
    if (action === "load" || action === "retry") void begin(id, name);
    else if (requests > 0) asking.value = action;
    else if (action === "cancel") void cancel(id, name);
    else void end(id, name);
  };
  return (
    <>
      <Button
        {...LOOKS[action]}
        small={small}
        class="load-button"
        busy={action === "wait" || leaving.value.has(id)}
        aria-label={t.actions.of(t.actions[action], name)}
        onClick={press}
      >
        {t.actions[action]}
      </Button>
      {asking.value === "cancel" && action === "cancel" && <ConfirmCancel id={id} name={name} onClose={close} />}
      {asking.value === "unload" && action === "unload" && (
        <Confirm title={t.confirm.one(name)} act={t.confirm.unload} onClose={close} onConfirm={() => void end(id, name)}>
          <p>{t.confirm.cut(requests)}</p>
        </Confirm>
      )}
    </>
  );
}
