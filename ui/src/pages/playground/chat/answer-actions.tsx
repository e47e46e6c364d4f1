import { address } from "../../../server/api";
import { session } from "../../../server/session";
import { copyText } from "../../../lib/copy";
import { Button } from "../../../parts/button";
import { Menu } from "../../../parts/menu";
import { say } from "../../../parts/toasts";
import { bodyFor, deleteMessage, goOn } from "./chat";
import type { Message } from "./conversation";
import { asCurl } from "./curl";
import { model } from "./model-choice";
import { t } from "./words";

/** What is done with an answer more rarely. */
export function AnswerActions({ message, last, busy }: { message: Message; last: boolean; busy: boolean }) {
  const curl = async (): Promise<void> => {
    const { path, body } = bodyFor(message.conversation, message.parent, message.model);
    const done = await copyText(asCurl(address(path).href, body, session.value?.keyNeeded ?? false));
    say(done ? "good" : "bad", done ? t.curlCopied : t.curlFailed);
  };
  return (
    <Menu icon="more" look="quiet" small class="button-icon" label={t.actions}>
      {last && message.text !== "" && (
        <Button icon="play" look="quiet" disabled={busy} onClick={() => goOn(message, model.value || message.model)}>
          {t.goOn}
        </Button>
      )}
      <Button icon="document" look="quiet" onClick={() => void curl()}>
        {t.curl}
      </Button>
      <Button icon="trash" look="quiet" disabled={busy} onClick={() => deleteMessage(message)}>
        {t.remove}
      </Button>
    </Menu>
  );
}
