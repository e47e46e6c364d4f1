import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { Button, type ButtonProps } from "./button";

/** A button that shows something beside itself, until one clicks elsewhere or presses Escape. */
export function Menu({ label, text, children, ...button }: Omit<ButtonProps, "children"> & { label: string; text?: ComponentChildren; children: ComponentChildren }) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const place = (event: ToggleEvent): void => {
    const opener = document.querySelector(`[popovertarget="${id}"]`);
    if (event.newState !== "open" || !opener || !box.current) return;
    const { bottom, right } = opener.getBoundingClientRect();
    box.current.style.top = `${bottom + 4}px`;
    const most = document.documentElement.clientWidth - box.current.offsetWidth - 8;
    box.current.style.right = `${Math.max(8, Math.min(document.documentElement.clientWidth - right, most))}px`;
  };
  return (
    <>
      <Button {...button} {...{ popovertarget: id }} aria-label={label} title={label} aria-haspopup="true">
        {text}
      </Button>
      <div ref={box} id={id} popover="auto" class="menu" aria-label={label} role="group" onToggle={place}>
        {children}
      </div>
    </>
  );
}
