import { useSignal, type ReadonlySignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Letters in a probe. */
const LETTERS = 20;

/** The room inside an element, in px, and what letters take there. */
export interface Measure {
  width: number;
  height: number;
  letter: number;
  row: number;
}

/** Measures `box`, and the letters of `probe`, which holds twenty of them. */
export function useMeasure(box: RefObject<HTMLElement | null>, probe: RefObject<HTMLElement | null>, size: number): ReadonlySignal<Measure> {
  const measure = useSignal<Measure>({ width: 0, height: 0, letter: size * 0.6, row: size * 1.5 });
  useLayoutEffect(() => {
    const take = (): void => {
      if (!box.current || !probe.current) return;
      const letters = probe.current.getBoundingClientRect();
      measure.value = { width: box.current.clientWidth, height: box.current.clientHeight, letter: letters.width / LETTERS, row: letters.height };
    };
    take();
    const observer = new ResizeObserver(take);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [size]);
  return measure;
}
