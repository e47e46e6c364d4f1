import { useSignal } from "@preact/signals";
import { Button, IconButton } from "../parts/button";
import { useKeyForm } from "../parts/key-form";
import { ApiError, messageOf } from "../server/api";
import { ended, logIn } from "../server/session";
import { titleShown } from "./look";
import { t } from "./words";

/** Asks for a key; what was to be shown appears when it is good. */
export function Login() {
  const { field, busy, problem, onSubmit } = useKeyForm(logIn, problemOf);
  const seen = useSignal(false);
  return (
    <main class="login">
      <form class="login-box card" method="post" action="../api/login" onSubmit={onSubmit}>
        <h1>{titleShown()}</h1>
        <p class="muted">{ended.value ? t.login.again : t.login.about}</p>
        <label class="field">
          <span>{t.login.key}</span>
          <span class="login-key">
            <input
              ref={field}
              name="key"
              {...(seen.value ? { type: "text" as const } : { type: "password" as const })}
              autocomplete="current-password"
              spellcheck={false}
              required
              autofocus
              aria-invalid={problem.value !== ""}
              aria-describedby="login-problem"
            />
            <IconButton icon={seen.value ? "eye-off" : "eye"} label={seen.value ? t.login.hide : t.login.show} onClick={() => (seen.value = !seen.value)} />
          </span>
        </label>
        <p id="login-problem" class="field-problem" role="alert">
          {problem.value}
        </p>
        <Button look="primary" type="submit" busy={busy.value}>
          {t.login.enter}
        </Button>
      </form>
    </main>
  );
}

/** What went wrong, in words for somebody who wants to get in. */
function problemOf(error: unknown): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  if (error.status === 401) return t.login.wrong;
  if (error.status === 429) return t.login.tooMany;
  return error.status === 0 ? t.login.away : error.message;
}
