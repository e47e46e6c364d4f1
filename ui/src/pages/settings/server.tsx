import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { connection } from "../../app/status";
import { Card } from "../../parts/card";
import { CopyButton } from "../../parts/copy-button";
import { Icon } from "../../parts/icon";
import { address, ask, isAbort } from "../../server/api";
import { onFresh } from "../../server/feed";
import { may } from "../../server/session";
import type { Schemas } from "../../server/types";
import { t } from "./words";

type Version = Schemas["Version"];

/** Which server this is, and how it is with the connection to it. */
export function ServerCard() {
  const version = useSignal<Version | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    if (!may("read")) return;
    const abort = new AbortController();
    const read = (): void => void find(abort.signal);
    const find = async (signal: AbortSignal): Promise<void> => {
      try {
        version.value = await ask<Version>("GET", "api/version", { signal });
        failed.value = false;
      } catch (error) {
        failed.value = !isAbort(error);
      }
    };
    read();
    const forget = onFresh(read);
    return () => {
      abort.abort();
      forget();
    };
  }, []);
  const is = connection.value;
  const known = version.value;
  return (
    <Card title={t.server} actions={known && <CopyButton label={t.copyBuild} text={() => JSON.stringify(known, null, 2)} />}>
      <dl class="facts">
        <dt>{t.connection}</dt>
        <dd>
          <span role="status" class={`connection-${is} settings-connection`}>
            <span class="dot" aria-hidden="true" />
            <span>{t.connections[is]}</span>
          </span>
        </dd>
        <dt>{t.address}</dt>
        <dd class="mono">{address("").href}</dd>
        {known && <Facts of={known} />}
        {failed.value && (
          <>
            <dt>{t.version}</dt>
            <dd>{t.versionFailed}</dd>
          </>
        )}
        {may("read") && (
          <>
            <dt>{t.api}</dt>
            <dd>
              <a href={address("api/openapi.json").href} target="_blank" rel="noopener" class="settings-link">
                {t.apiLink} <Icon name="external" size={14} />
              </a>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

function Facts({ of }: { of: Version }) {
  const told = (value: string): string => (value === "unknown" ? t.unknown : value);
  return (
    <>
      <dt>{t.version}</dt>
      <dd class="mono">{of.version}</dd>
      <dt>{t.commit}</dt>
      <dd class="mono">{told(of.commit).slice(0, 7)}</dd>
      <dt>{t.built}</dt>
      <dd>{told(of.build_date)}</dd>
    </>
  );
}
