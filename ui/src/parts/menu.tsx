import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { placed } from "./placement";
import { Button, type ButtonProps } from "./button";

/** A button that shows something beside itself, until one clicks elsewhere or presses Escape. */
export function Menu({ label, text, children, ...button }: Omit<ButtonProps, "children"> & { label: string; text?: ComponentChildren; children: ComponentChildren }) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const place = (event: ToggleEvent): void => {
    const opener = document.querySelector(`[popovertarget="${id}"]`);
    if (event.newState !== "open" || !opener || !box.current) return;
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    box.current.style.maxHeight = "";
    const { left, top, maxHeight } = placed(opener.getBoundingClientRect(), { width: box.current.offsetWidth, height: box.current.offsetHeight }, { width, height });
    Object.assign(box.current.style, { left: `${left}px`, top: `${top}px`, maxHeight: `${maxHeight}px` });
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
