import { linkTo } from "../../app/router";
import { Icon } from "../../parts/icon";
import { may } from "../../server/session";
import type { LiveModel, Model } from "../../server/types";
import { t } from "./words";

/** Why a model is not there: the reason, the last of its log, and what can be done. */
export function Failure({ model, failure, open = false }: { model: Model; failure: NonNullable<LiveModel["failure"]>; open?: boolean }) {
  const at = failure.when.toFixed(0);
  return (
    <div class="failure">
      <p class="failure-why">
        <Icon name="alert" />
        <strong>{t.failures.failed}</strong>
        {failure.exit_code !== null && <span class="tag tag-bad">{t.failures.exit(failure.exit_code)}</span>}
        <span class="failure-text">{failure.why}</span>
        {may("admin") && (
          <a class="button button-quiet button-small" href={linkTo(["models", model.id], { tab: "logs", at })}>
            <Icon name="logs" />
            <span class="button-text">{t.failures.log}</span>
          </a>
        )}
      </p>
      {failure.lines.length > 0 && (
        <details class="failure-lines" open={open}>
          <summary>{t.failures.lines}</summary>
          <pre tabIndex={0}>{failure.lines.join("\n")}</pre>
        </details>
      )}
    </div>
  );
}
