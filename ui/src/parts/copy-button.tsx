import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../i18n";
import { copyText } from "../lib/copy";
import { Button, IconButton } from "./button";
import { say } from "./toasts";

const t = words("copy", { copy: "Copy", copied: "Copied!", failed: "The browser did not let us copy. Select the text and press Ctrl+C." });
/** Milliseconds that it says so. */
const STAY = 1500;

/** Copies what `text` gives, and says so for a while. */
export function CopyButton({ text, label = t.copy, icon = false }: { text: () => string; label?: string; icon?: boolean }) {
  const done = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onClick = async (): Promise<void> => {
    if (!(await copyText(text()))) {
      say("bad", t.failed);
      return;
    }
    done.value = true;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (done.value = false), STAY);
  };
  const shown = done.value ? t.copied : label;
  const look = { icon: done.value ? "check" : "clipboard", small: true, onClick } as const;
  return icon ? <IconButton {...look} label={shown} /> : <Button {...look}>{shown}</Button>;
}
