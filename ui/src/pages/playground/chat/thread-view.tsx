import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { linkTo } from "../../../app/router";
import { Loading } from "../../../parts/fetched";
import { Button } from "../../../parts/button";
import { Empty } from "../../../parts/card";
import { listed } from "../catalogue";
import { AnswerView } from "./answer-view";
import { runs } from "./chat";
import { leafIn, pathTo, type Conversation, type Thread } from "./conversation";
import { conversationCalled, conversations, threadOf } from "./conversations";
import { model } from "./model-choice";
import { QuestionView } from "./question-view";
import { t } from "./words";

/** Pixels from the end at which one is taken to read there. */
const NEAR = 60;

/** The conversation that is shown, or what stands in its place. */
export function ThreadView({ id }: { id: string }) {
  const conversation = id === "" ? undefined : conversationCalled(id);
  if (id !== "" && conversations.value === null) return <Frame><Loading /></Frame>;
  if (id !== "" && !conversation) return <Frame><Missing /></Frame>;
  if (!conversation) return <Frame><Start /></Frame>;
  const thread = threadOf(conversation.id).value;
  return <Frame>{thread === null ? <Loading /> : <Messages conversation={conversation} thread={thread} />}</Frame>;
}

function Messages({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const run = runs.value.get(conversation.id);
  const path = pathTo(thread, leafIn(thread, conversation));
  return (
    <>
      {path.map((message, index) =>
        message.role === "user" ? (
          <QuestionView key={message.id} message={message} thread={thread} conversation={conversation} busy={run !== undefined} />
        ) : (
          <AnswerView
            key={message.id}
            message={message}
            run={run?.message.peek().id === message.id ? run : undefined}
            last={index === path.length - 1}
            busy={run !== undefined}
            thread={thread}
            conversation={conversation}
          />
        ),
      )}
    </>
  );
}

/** What scrolls. It stays at the end while more is written, unless one has scrolled away from there. */
function Frame({ children }: { children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const away = useSignal(false);
  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(toEnd, []);
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      if (!away.peek()) toEnd();
    });
    if (inner.current) watch.observe(inner.current);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const onScroll = (): void => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    away.value = scrollHeight - scrollTop - clientHeight > NEAR;
  };
  return (
    <div class="chat-frame">
      <div class="chat-thread" ref={box} onScroll={onScroll} role="region" aria-label={t.thread} tabIndex={0}>
        <div class="chat-inner" ref={inner}>
          {children}
        </div>
      </div>
      {away.value && (
        <Button class="chat-to-end" small icon="end" onClick={toEnd}>
          {t.toEnd}
        </Button>
      )}
    </div>
  );
}

function Start() {
  if (model.value === "") return <Empty title={listed.value?.length === 0 ? t.noModels : t.noModel} />;
  return <Empty title={t.start}>{t.startHint(model.value)}</Empty>;
}

function Missing() {
  return (
    <Empty title={t.missing}>
      <p>{t.missingAbout}</p>
      <a class="button button-primary" href={linkTo(["playground", "chat"])}>
        {t.newChat}
      </a>
    </Empty>
  );
}
