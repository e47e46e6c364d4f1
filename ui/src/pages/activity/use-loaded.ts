/** What the pages of activity know of the server's rows, kept up to date while they can be seen. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onFresh } from "../../server/feed";
import { ended } from "./arrivals";
import { Loader, type Loaded } from "./loader";

/** Loaders by what they are for, so that a visit elsewhere forgets nothing; one for each place. */
const loaders = new Map<string, { of: string; loader: Loader<unknown> }>();

/**
 * What `work` resolves to, asked again when `wish` changes, and, while `live`, when requests have ended. `place` says for
 * whom it is, and `of` what it is about: what was known of something else is not shown.
 */
export function useLoaded<T>(place: string, of: string, wish: string, live: boolean, work: (abort: AbortSignal) => Promise<T>): { loaded: Loaded<T>; refresh: () => void } {
  const loader = loaderFor<T>(place, of);
  const wanted = useRef({ live, work });
  wanted.current = { live, work };
  useEffect(() => {
    loader.aim((abort) => wanted.current.work(abort));
  }, [loader, wish]);
  useEffect(() => () => loader.stop(), [loader]);
  useRenewal(loader, () => wanted.current.live);
  return { loaded: loader.state.value, refresh: () => loader.refresh() };
}

function useRenewal(loader: Loader<unknown>, live: () => boolean): void {
  const seen = useRef(ended.peek());
  const renew = (): void => {
    if (document.hidden || !live() || seen.current === ended.peek()) return;
    seen.current = ended.peek();
    loader.refresh();
  };
  useSignalEffect(() => {
    if (ended.value > 0) renew();
  });
  useEffect(() => {
    document.addEventListener("visibilitychange", renew);
    const endFresh = onFresh(() => loader.refresh());
    return () => {
      document.removeEventListener("visibilitychange", renew);
      endFresh();
    };
  }, [loader]);
}

function loaderFor<T>(place: string, of: string): Loader<T> {
  const known = loaders.get(place);
  if (known?.of === of) return known.loader as Loader<T>;
  known?.loader.stop();
  const loader = new Loader<T>();
  loaders.set(place, { of, loader });
  return loader;
}
