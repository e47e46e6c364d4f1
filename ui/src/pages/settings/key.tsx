import { useEffect } from "preact/hooks";
import { HOME } from "../../app/routes";
import { go } from "../../app/router";
import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { attempt } from "../../parts/toasts";
import { logOut, recognise, session } from "../../server/session";
import type { Session } from "../../server/types";
import { t } from "./words";

/** By which key one is here, and what that is good for. */
export function Key() {
  useEffect(() => {
    if (session.peek()?.keyNeeded) void recognise();
  }, []);
  const known = session.value;
  if (!known) return null;
  const leave = async (): Promise<void> => {
    if (await attempt(t.logOutFailed, logOut)) go([HOME]);
  };
  const end = (
    <Button small icon="leave" onClick={() => void leave()}>
      {t.logOut}
    </Button>
  );
  return (
    <Card title={t.key} actions={known.loggedIn ? end : undefined}>
      {known.keyNeeded ? <Rights of={known} /> : <p class="muted">{t.noKeys}</p>}
    </Card>
  );
}

function Rights({ of }: { of: Session }) {
  const { rateLimit, quota } = of;
  return (
    <dl class="facts">
      <dt>{t.name}</dt>
      <dd>{of.name}</dd>
      <dt>{t.scopes}</dt>
      <dd>
        <ul class="settings-scopes">
          {of.scopes.map((scope) => (
            <li key={scope}>
              <span class="tag tag-accent">{scope}</span> <span class="muted">{t.scopeMeanings[scope]}</span>
            </li>
          ))}
        </ul>
      </dd>
      <dt>{t.models}</dt>
      <dd class="row">
        {of.models.length === 0
          ? t.allModels
          : of.models.map((pattern) => (
              <span key={pattern} class="tag">
                {pattern}
              </span>
            ))}
      </dd>
      {!rateLimit && !quota && (
        <>
          <dt>{t.limits}</dt>
          <dd>{t.noLimits}</dd>
        </>
      )}
      {rateLimit && <Limit name={t.rate} used={rateLimit.used} most={rateLimit.requests} per={rateLimit.per} resets={rateLimit.resets} />}
      {quota && <Limit name={t.quota} used={quota.used} most={quota.tokens} per={quota.per} resets={quota.resets} />}
    </dl>
  );
}

function Limit({ name, used, most, per, resets }: { name: string; used: number; most: number; per: number; resets: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <div class="bar" aria-hidden="true">
          {used > 0 && <span class="settings-used" style={{ width: `${Math.min(100, (used / most) * 100)}%` }} />}
        </div>
        {t.limit(used, most, per)} <span class="muted">{resets > 0 && t.resets(resets)}</span>
      </dd>
    </>
  );
}
