import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { words } from "../i18n";
import { Button } from "./button";
import { Empty } from "./card";

const t = words("fetched", { failed: "This page could not be fetched.", retry: "Retry", loading: "Loading …" });

export type Load = () => Promise<{ default: ComponentType }>;

const fetched = new Map<Load, ComponentType>();

/** A part whose code is fetched by `load` when it is shown first; the same function stands for the same part. */
export function Fetched({ load }: { load: Load }) {
  const failed = useSignal(false);
  const again = useSignal(0);
  const Part = fetched.get(load);
  useEffect(() => {
    if (fetched.has(load)) return;
    let wanted = true;
    failed.value = false;
    load().then(
      ({ default: loaded }) => {
        fetched.set(load, loaded);
        if (wanted) again.value += 1;
      },
      () => wanted && (failed.value = true),
    );
    return () => {
      wanted = false;
    };
  }, [load, again.value]);
  if (Part) return <Part />;
  if (!failed.value) return <Loading />;
  return (
    <Empty title={t.failed}>
      <Button icon="retry" onClick={() => (again.value += 1)}>
        {t.retry}
      </Button>
    </Empty>
  );
}

/** Where something is about to appear. */
export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>{t.loading}</span>
    </div>
  );
}
