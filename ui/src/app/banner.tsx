import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { link, retryNow } from "../server/feed";
import { stale } from "./status";
import { t } from "./words";

/** Says that the server is away, and when it is asked again. */
export function Banner() {
  const now = useSignal(Date.now());
  const state = link.value;
  useLayoutEffect(() => {
    if (!stale.value) return;
    now.value = Date.now();
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => clearInterval(timer);
  }, [stale.value]);
  if (!stale.value) return null;
  const waits = state.is === "waiting";
  return (
    <div class="banner" role="status">
      <Icon name="warning" />
      <p>
        <strong>{t.connection.waiting}.</strong> {waits ? t.banner.lost(state.why) : t.banner.trying}
      </p>
      {waits && (
        <>
          <span class="banner-when" aria-hidden="true">
            {t.banner.again(Math.max(0, Math.ceil((state.until - now.value) / 1000)))}
          </span>
          <Button small icon="refresh" onClick={retryNow}>
            {t.banner.retry}
          </Button>
        </>
      )}
    </div>
  );
}
