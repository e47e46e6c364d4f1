import { IconButton } from "../../../parts/button";
import { choose } from "./chat";
import { versionsOf, type Conversation, type Message, type Thread } from "./conversation";
import { t } from "./words";

/** Leads to the other versions of a message, when there are any. */
export function Versions({ message, thread, conversation, busy }: { message: Message; thread: Thread; conversation: Conversation; busy: boolean }) {
  const versions = versionsOf(thread, message);
  const at = versions.findIndex(({ id }) => id === message.id);
  if (versions.length < 2) return null;
  const step = (by: number): void => {
    const other = versions[at + by];
    if (other) choose(conversation, other.id);
  };
  return (
    <span class="chat-versions" role="group" aria-label={t.versionLabel(at + 1, versions.length)}>
      <IconButton small icon="left" label={t.previous} disabled={busy || at === 0} onClick={() => step(-1)} />
      <span>{t.version(at + 1, versions.length)}</span>
      <IconButton small icon="right" label={t.next} disabled={busy || at === versions.length - 1} onClick={() => step(1)} />
    </span>
  );
}
