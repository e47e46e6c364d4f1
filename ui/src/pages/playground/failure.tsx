import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { ApiError, messageOf } from "../../server/api";
import { t } from "./words";

/** What went wrong with a request: its status, and what the server or the engine says of it. */
export function Failure({ of, onRetry }: { of: unknown; onRetry?: () => void }) {
  if (of === null) return null;
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <div class="grow">
        {of instanceof ApiError && <strong>{of.status > 0 ? t.failure.status(of.status) : t.failure.none}</strong>}
        <p class="play-failure-text">{messageOf(of)}</p>
      </div>
      {onRetry && (
        <Button small icon="retry" onClick={onRetry}>
          {t.failure.retry}
        </Button>
      )}
    </div>
  );
}
