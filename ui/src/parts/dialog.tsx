import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { words } from "../i18n";
import { Button, IconButton } from "./button";
import { Toasts, dialogs } from "./toasts";

const t = words("dialog", { close: "Close", cancel: "Cancel" });

export interface DialogProps {
  title: string;
  /** Called when it is to be closed, by Escape, the cross, or a click beside it. */
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at its end. */
  actions?: ComponentChildren;
  /** `sheet` slides in from a side. */
  kind?: "box" | "wide" | "full" | "sheet";
}

/** A modal dialog, open as long as it is there. The focus goes back to where it was. */
export function Dialog({ title, onClose, children, actions, kind = "box" }: DialogProps) {
  const own = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    own.current?.showModal();
    dialogs.value = [...dialogs.peek(), heading];
    return () => {
      dialogs.value = dialogs.peek().filter((each) => each !== heading);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={own}
      class={`dialog dialog-${kind}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === own.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <IconButton icon="close" label={t.close} onClick={onClose} />
        </header>
        <div class="dialog-content">{children}</div>
        {actions !== undefined && <footer class="dialog-foot">{actions}</footer>}
      </div>
      <Toasts within={heading} />
    </dialog>
  );
}

/** Asks before something is done that cannot be undone. */
export function Confirm({ title, act, onConfirm, onClose, children }: DialogProps & { act: string; onConfirm: () => void }) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button
            look="danger"
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
