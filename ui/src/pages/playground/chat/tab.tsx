import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, asked, go } from "../../../app/router";
import { Button, IconButton } from "../../../parts/button";
import { Dialog } from "../../../parts/dialog";
import { fetchMarkdown } from "../../../parts/markdown/markdown";
import { useCatalogue } from "../catalogue";
import { ModelSelect } from "../model-select";
import { Composer } from "./composer";
import { ConversationList } from "./conversation-list";
import { readConversations } from "./conversations";
import { chooseModel, model } from "./model-choice";
import { settings } from "./settings";
import { SettingsDialog } from "./settings-dialog";
import { ThreadView } from "./thread-view";
import { t } from "./words";

/** Below this width the conversations are listed in a sheet. */
const WIDE = "(min-width: 64rem)";

export default function Chat() {
  useCatalogue();
  useEffect(() => {
    void readConversations();
    fetchMarkdown();
  }, []);
  const conversation = asked("c");
  useLast(conversation);
  return (
    <div class={`chat ${settings.listed.value ? "chat-listed" : ""}`}>
      {settings.listed.value && (
        <aside class="chat-list chat-wide" aria-label={t.conversations}>
          <ConversationList current={conversation} />
        </aside>
      )}
      <div class="chat-main">
        <Bar conversation={conversation} />
        <ThreadView key={conversation} id={conversation} />
        <Composer key={`draft-${conversation}`} conversation={conversation} />
      </div>
    </div>
  );
}

/** The conversation that was shown last: one finds it again when one comes back from another page. */
let last = "";

function useLast(conversation: string): void {
  useEffect(() => {
    if (conversation === "" && last !== "") ask({ c: last });
  }, []);
  useEffect(() => {
    last = conversation;
  }, [conversation]);
}

function Bar({ conversation }: { conversation: string }) {
  const asking = useSignal(false);
  const listing = useSignal(false);
  const toggle = (): void => {
    if (matchMedia(WIDE).matches) settings.listed.value = !settings.listed.value;
    else listing.value = true;
  };
  useEffect(() => {
    listing.value = false;
  }, [conversation]);
  return (
    <div class="play-bar chat-bar">
      <IconButton icon="chats" look="plain" label={settings.listed.value ? t.hideList : t.showList} class="chat-wide" aria-expanded={settings.listed.value} onClick={toggle} />
      <IconButton icon="chats" look="plain" label={t.showList} class="chat-narrow" aria-haspopup="dialog" onClick={toggle} />
      <ModelSelect area="chat" value={model.value} onChange={chooseModel} />
      <IconButton icon="sliders" look="plain" label={t.settings} aria-haspopup="dialog" onClick={() => (asking.value = true)} />
      <Button icon="plus" class="chat-new" aria-label={t.newChat} onClick={() => go(["playground", "chat"], { model: model.value })}>
        {t.newChat}
      </Button>
      {asking.value && <SettingsDialog onClose={() => (asking.value = false)} />}
      {listing.value && (
        <Dialog kind="sheet" title={t.conversations} onClose={() => (listing.value = false)}>
          <ConversationList current={conversation} />
        </Dialog>
      )}
    </div>
  );
}
