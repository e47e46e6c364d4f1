import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { live, modelNamed, schedule, serverNow } from "../../../server/state";
import { noteFor } from "./loading";
import { t } from "./words";

/** What one waits for before the first word of an answer. */
export function LoadingNote({ name }: { name: string }) {
  const now = useSignal(serverNow());
  useEffect(() => {
    const timer = setInterval(() => (now.value = serverNow()), 500);
    return () => clearInterval(timer);
  }, []);
  const id = modelNamed(name)?.id ?? name;
  const { text, left, stage } = noteFor(name, live.value.get(id), schedule.value.queue.filter((each) => each.model === id), now.value / 1000);
  return (
    <div class="chat-loading">
      <span class="spinner" aria-hidden="true" />
      <p role="status" class="chat-loading-what">
        <span>{text}</span>
        {stage && <span class="tag">{t.stages[stage]}</span>}
      </p>
      {left && <span>{left}</span>}
    </div>
  );
}
