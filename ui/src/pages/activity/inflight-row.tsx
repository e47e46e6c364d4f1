import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { linkTo } from "../../app/router";
import { bytes } from "../../lib/format";
import { Button } from "../../parts/button";
import { attempt } from "../../parts/toasts";
import { cancel } from "../../server/actions";
import { may } from "../../server/session";
import type { Received } from "../../server/inflight";
import { uiConfig } from "../../server/state";
import { headerOf, middleCut, phaseOf, sessionOf } from "./inflight";
import type { Column } from "./layout";
import { Elapsed } from "./elapsed";
import { t } from "./words";

const LONGEST = 40;

/** A request under way. */
export function InflightRow({ request, columns }: { request: Received; columns: readonly Column[] }) {
  const busy = useSignal(false);
  const end = async (): Promise<void> => {
    busy.value = true;
    await attempt(t.inflight.cancelFailed(request.id), () => cancel(request.id));
    busy.value = false;
  };
  return (
    <tr data-request={request.id}>
      {columns.map(({ id, number }) => (
        <td key={id} data-column={id} class={number ? "number" : ""}>
          {cell(id, request)}
        </td>
      ))}
      <td class="last">
        {may("admin") && (
          <Button small icon="cancel" look="danger" busy={busy.value} aria-label={t.inflight.cancelOne(request.id, request.model)} onClick={end}>
            {t.inflight.cancel}
          </Button>
        )}
      </td>
    </tr>
  );
}

function cell(column: string, request: Received): ComponentChildren {
  switch (column) {
    case "phase":
      return <PhaseMark request={request} />;
    case "elapsed":
      return <Elapsed ms={request.elapsed_ms} heard={request.heard} />;
    case "model":
      return <a href={linkTo(["models", request.model])}>{request.model}</a>;
    case "request":
      return <Cut text={`${request.method} ${request.req_path}`} />;
    case "bytes":
      return <span class="nowrap">{bytes(request.resp_bytes)}</span>;
    case "session":
      return <Cut text={sessionOf(request.req_headers, uiConfig.value.activity.session_id)} />;
    case "key":
      return request.key ?? request.metadata?.["key"] ?? t.none;
    case "address":
      return request.remote_ip;
    default:
      return <Cut text={headerOf(request.req_headers, "user-agent")} />;
  }
}

function PhaseMark({ request }: { request: Received }) {
  const phase = phaseOf(request);
  return (
    <span class={`phase phase-${phase}`} title={t.inflight.phasesAbout[phase]}>
      <span class="dot" aria-hidden="true" />
      {t.inflight.phases[phase]}
    </span>
  );
}

function Cut({ text }: { text: string }) {
  return (
    <span class="mono nowrap" title={text}>
      {middleCut(text, LONGEST) || t.none}
    </span>
  );
}
