import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { STEP, preferences, within } from "./preferences";
import { t } from "./words";

/** From this width on two logs stand side by side, below it one above the other. */
const WIDE = "(min-width: 48.0625rem)";

/** Two things that share their space; the divider between them can be dragged, or moved with arrow keys. */
export function Split({ first, second }: { first: ComponentChildren; second: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const wide = useWide();
  const share = preferences.divider.value;
  const track = `minmax(0, ${share}fr) auto minmax(0, ${100 - share}fr)`;
  const drag = (event: PointerEvent): void => {
    if (!box.current || !(event.currentTarget instanceof HTMLElement) || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left, top, width, height } = box.current.getBoundingClientRect();
    preferences.divider.value = within(wide ? ((event.clientX - left) / width) * 100 : ((event.clientY - top) / height) * 100);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP, Home: -100, End: 100 };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    preferences.divider.value = within(share + by);
  };
  return (
    <div ref={box} class={`split ${wide ? "" : "split-stacked"}`} style={wide ? { gridTemplateColumns: track } : { gridTemplateRows: track }}>
      {first}
      <div
        class="split-divider"
        role="separator"
        tabIndex={0}
        aria-label={t.divider}
        aria-orientation={wide ? "vertical" : "horizontal"}
        aria-valuenow={share}
        aria-valuemin={within(0)}
        aria-valuemax={within(100)}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
      />
      {second}
    </div>
  );
}

function useWide(): boolean {
  const wide = useSignal(matchMedia(WIDE).matches);
  useEffect(() => {
    const media = matchMedia(WIDE);
    const take = (): void => {
      wide.value = media.matches;
    };
    media.addEventListener("change", take);
    return () => media.removeEventListener("change", take);
  }, []);
  return wide.value;
}
