import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Button } from "../parts/button";
import { messageOf } from "../server/api";
import { logIn } from "../server/session";
import { titleShown } from "./look";
import { t } from "./words";

/** Asks for a key; what was to be shown appears when it is good. */
export function Login() {
  const key = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const problem = useSignal("");
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    busy.value = true;
    problem.value = "";
    try {
      await logIn(key.current?.value ?? "");
    } catch (error) {
      problem.value = messageOf(error);
      key.current?.select();
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="login">
      <form class="login-box card" method="post" action="../api/login" onSubmit={onSubmit}>
        <h1>{titleShown()}</h1>
        <p class="muted">{t.login.about}</p>
        <label class="field">
          <span>{t.login.key}</span>
          <input ref={key} name="key" type="password" autocomplete="current-password" required autofocus aria-invalid={problem.value !== ""} aria-describedby="problem" />
        </label>
        <p id="problem" class="field-problem" role="alert">
          {problem.value}
        </p>
        <Button look="primary" type="submit" busy={busy.value}>
          {t.login.enter}
        </Button>
      </form>
    </main>
  );
}
