import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { useKeyForm } from "../../parts/key-form";
import { ApiError, messageOf } from "../../server/api";
import { draftOf, tabShelf } from "./draft";
import { unlock } from "./key";
import { t } from "./words";

/** Asks for the key of somebody who may edit, before the text of the file `id` is shown. */
export function Unlock({ id }: { id: string }) {
  const { field, busy, problem, onSubmit } = useKeyForm(unlock, problemOf);
  return (
    <Card title={t.unlock.title}>
      <form class="config-unlock" method="post" onSubmit={onSubmit}>
        <p>{t.unlock.why}</p>
        {draftOf(tabShelf(), id) !== null && <p>{t.unlock.draft}</p>}
        <label class="field">
          <span>{t.unlock.key}</span>
          <input
            ref={field}
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            aria-invalid={problem.value !== ""}
            aria-describedby="config-unlock-problem config-unlock-note"
          />
        </label>
        <p id="config-unlock-problem" class="field-problem" role="alert">
          {problem.value}
        </p>
        <p id="config-unlock-note" class="field-note">
          {t.unlock.kept}
        </p>
        <div class="row">
          <Button look="primary" type="submit" busy={busy.value}>
            {t.unlock.enter}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function problemOf(error: unknown): string {
  return error instanceof ApiError && error.status === 401 ? t.unlock.wrong : messageOf(error);
}
