import { linkTo } from "../../app/router";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { may } from "../../server/session";
import type { LiveModel, Model } from "../../server/types";
import { begin } from "./does";
import { t } from "./words";

/** Why a model is not there: the reason, the last of its log, and what can be done. */
export function Failure({ model, failure, retry = false }: { model: Model; failure: NonNullable<LiveModel["failure"]>; retry?: boolean }) {
  const name = model.name || model.id;
  const at = failure.when.toFixed(0);
  return (
    <div class="failure">
      <p class="failure-why">
        <Icon name="alert" />
        <strong>{t.failures.failed}</strong>
        {failure.exit_code !== null && <span class="tag tag-bad">{t.failures.exit(failure.exit_code)}</span>}
        <span class="failure-text">{failure.why}</span>
      </p>
      {failure.lines.length > 0 && (
        <figure class="failure-lines">
          <figcaption class="muted">{t.failures.lines}</figcaption>
          <pre tabIndex={0}>{failure.lines.join("\n")}</pre>
        </figure>
      )}
      <p class="row">
        {retry && may("admin") && (
          <Button small icon="retry" aria-label={t.actions.of(t.failures.retry, name)} onClick={() => void begin(model.id, name)}>
            {t.failures.retry}
          </Button>
        )}
        {may("admin") && (
          <a class="button button-quiet button-small" href={linkTo(["models", model.id], { tab: "logs", at })}>
            <Icon name="logs" />
            <span class="button-text">{t.failures.log}</span>
          </a>
        )}
      </p>
    </div>
  );
}
