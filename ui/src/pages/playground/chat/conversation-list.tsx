import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { go, linkTo } from "../../../app/router";
import { download } from "../../../lib/download";
import { Button } from "../../../parts/button";
import { Menu } from "../../../parts/menu";
import { SearchField } from "../../../parts/search";
import { Ago } from "../../../parts/ticking";
import { attempt, say } from "../../../parts/toasts";
import { NameInput } from "../../../parts/typed";
import { deleteConversation, newId, rename, runs } from "./chat";
import { searched, type Conversation } from "./conversation";
import { conversations, restore } from "./conversations";
import { exported, imported } from "./portable";
import { messagesOf } from "./shelf";
import { t } from "./words";

/** All conversations of this browser: search, open, rename, delete, export, import. */
export function ConversationList({ current }: { current: string }) {
  const wanted = useSignal("");
  const all = conversations.value ?? [];
  const found = searched(all, wanted.value);
  return (
    <div class="chat-conversations">
      <SearchField value={wanted.value} label={t.search} onInput={(value) => (wanted.value = value)} />
      {found.length === 0 && <p class="muted chat-none">{all.length === 0 ? t.noneYet : t.noneFound}</p>}
      <ul class="chat-entries">
        {found.map((each) => (
          <Entry key={each.id} conversation={each} current={each.id === current} />
        ))}
      </ul>
      <Exchange all={all} />
    </div>
  );
}

function Entry({ conversation, current }: { conversation: Conversation; current: boolean }) {
  const editing = useSignal(false);
  const { id, title, model, updated } = conversation;
  if (editing.value) return <Rename conversation={conversation} onDone={() => (editing.value = false)} />;
  return (
    <li class="chat-entry">
      <a href={linkTo(["playground", "chat"], { c: id, model })} aria-current={current ? "page" : undefined} title={title}>
        <span class="cut">{title}</span>
        <small class="muted">
          {runs.value.has(id) && <span class="spinner" role="status" aria-label={t.writing} />}
          <Ago when={updated} now={Date.now} />
        </small>
      </a>
      <Menu icon="more" look="quiet" small class="button-icon" label={t.more(title)}>
        <Button icon="edit" look="quiet" onClick={() => (editing.value = true)}>
          {t.rename}
        </Button>
        <Button icon="download" look="quiet" onClick={() => void save([conversation])}>
          {t.exportOne}
        </Button>
        <Button
          icon="trash"
          look="quiet"
          onClick={() => {
            void deleteConversation(conversation);
            if (current) go(["playground", "chat"], { model });
          }}
        >
          {t.remove}
        </Button>
      </Menu>
    </li>
  );
}

function Rename({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const commit = (title: string): void => {
    rename(conversation, title);
    onDone();
  };
  return (
    <li class="chat-entry">
      <NameInput class="grow" label={t.renameLabel} value={conversation.title} onCommit={commit} onCancel={onDone} />
    </li>
  );
}

function Exchange({ all }: { all: readonly Conversation[] }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div class="chat-exchange">
      <Button small icon="upload" look="quiet" onClick={() => picker.current?.click()}>
        {t.importFile}
      </Button>
      <Button small icon="download" look="quiet" disabled={all.length === 0} onClick={() => void save(all)}>
        {t.exportAll}
      </Button>
      <input
        ref={picker}
        type="file"
        accept="application/json,.json"
        aria-label={t.importFile}
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void load(file);
        }}
      />
    </div>
  );
}

async function save(those: readonly Conversation[]): Promise<void> {
  await attempt(t.notKept, async () => {
    const kept = await Promise.all(those.map(async (conversation) => ({ conversation, messages: await messagesOf(conversation.id) })));
    download("llamaswap-chats.json", exported(kept), "application/json");
  });
}

async function load(file: File): Promise<void> {
  const kept = imported(await file.text().catch(() => ""), newId);
  if (!kept || kept.length === 0) {
    say("bad", t.notImported);
    return;
  }
  for (const { conversation, messages } of kept) restore(conversation, messages);
  say("good", t.imported(kept.length));
}
