import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { words } from "../i18n";
import { Button } from "./button";
import { Empty } from "./card";

const t = words("fetched", { failed: "This part could not be fetched. The server is away, or another version of it runs.", again: "Load the page again", loading: "Loading …" });

export type Load = () => Promise<{ default: ComponentType }>;

const fetched = new Map<Load, ComponentType>();

/** A part whose code is fetched by `load` when it is shown first; the same function stands for the same part. */
export function Fetched({ load }: { load: Load }) {
  const failed = useSignal(false);
  const drawn = useSignal(0);
  const Part = fetched.get(load);
  useEffect(() => {
    if (fetched.has(load)) return;
    let wanted = true;
    failed.value = false;
    load().then(
      ({ default: loaded }) => {
        fetched.set(load, loaded);
        if (wanted) drawn.value += 1;
      },
      () => wanted && (failed.value = true),
    );
    return () => {
      wanted = false;
    };
  }, [load, drawn.value]);
  if (Part) return <Part />;
  if (!failed.value) return <Loading />;
  return (
    <Empty title={t.failed}>
      <Button icon="refresh" onClick={() => location.reload()}>
        {t.again}
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
