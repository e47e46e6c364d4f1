import { useSignal } from "@preact/signals";
import { count, duration } from "../../../lib/format";
import { Icon } from "../../../parts/icon";
import type { Message } from "./conversation";
import { t } from "./words";

/** What a model says to itself: its length, the time it took, and on request its text, as it is. */
export function Reasoning({ message, growing }: { message: Message; growing: boolean }) {
  const open = useSignal(false);
  if (message.reasoning === "") return null;
  const now = growing && message.reasonedFor === null;
  return (
    <details class="chat-reasoning" open={open.value} onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>
        {now ? <span class="spinner" aria-hidden="true" /> : <Icon name="right" />}
        <span>{now ? t.reasoningNow : t.reasoning}</span>
        <span class="muted">{t.characters(count(message.reasoning.length))}</span>
        {message.reasonedFor !== null && <span class="muted">{duration(message.reasonedFor)}</span>}
      </summary>
      {open.value && <pre tabIndex={0}>{message.reasoning}</pre>}
    </details>
  );
}
