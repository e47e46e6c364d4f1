import { words } from "../i18n";
import { Button } from "./button";

const t = words("problem", { retry: "Retry" });

/** What went wrong, in a sentence, where it is missed, with a way to try again. */
export function Problem({ text, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <div class="problem" role="alert">
      <span class="grow">{text}</span>
      <Button small icon="retry" onClick={onRetry}>
        {t.retry}
      </Button>
    </div>
  );
}
