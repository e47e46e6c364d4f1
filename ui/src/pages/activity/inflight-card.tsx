import { useSignal } from "@preact/signals";
import { Button, IconButton } from "../../parts/button";
import { Card } from "../../parts/card";
import type { Received } from "../../server/inflight";
import { inflight } from "../../server/state";
import { ColumnsMenu } from "./columns-menu";
import { FIRST_SHOWN, INFLIGHT_COLUMNS, listed } from "./inflight";
import { InflightRow } from "./inflight-row";
import { kept } from "./kept";
import { visible, type Column } from "./layout";
import { t } from "./words";

/** Requests under way, to `model` or to all. */
export function InflightCard({ model, area = model === undefined ? "activity" : "model" }: { model?: string; area?: string }) {
  const { inflightOpen: open, inflightOrder: order, inflightShown: shown } = kept(area);
  const columns = model === undefined ? INFLIGHT_COLUMNS : INFLIGHT_COLUMNS.filter(({ id }) => id !== "model");
  const requests = listed(inflight.value.values(), model);
  return (
    <Card
      title={t.inflight.title}
      class="inflight"
      note={<span role="status">{requests.length > 0 ? t.inflight.note(requests.length) : ""}</span>}
      actions={
        <>
          <ColumnsMenu columns={columns} chosen={{ order, shown }} />
          <IconButton
            icon={open.value ? "up" : "down"}
            small
            label={open.value ? t.inflight.fold : t.inflight.unfold}
            aria-expanded={open.value}
            onClick={() => (open.value = !open.value)}
          />
        </>
      }
    >
      {open.value && (requests.length === 0 ? <p class="inflight-none muted">{t.inflight.empty}</p> : <Table requests={requests} columns={visible(columns, { order: order.value, shown: shown.value })} />)}
    </Card>
  );
}

function Table({ requests, columns }: { requests: readonly Received[]; columns: readonly Column[] }) {
  const all = useSignal(false);
  const rows = all.value ? requests : requests.slice(0, FIRST_SHOWN);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t.inflight.title}>
      <table class="compact">
        <thead>
          <tr>
            {columns.map(({ id, header, about, number }) => (
              <th key={id} scope="col" class={number ? "number" : ""} title={about}>
                {header}
              </th>
            ))}
            <th class="last">
              <span class="off-screen">{t.inflight.cancel}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((request) => (
            <InflightRow key={request.id} request={request} columns={columns} />
          ))}
        </tbody>
      </table>
      {rows.length < requests.length && (
        <Button look="quiet" onClick={() => (all.value = true)}>
          {t.inflight.all(requests.length)}
        </Button>
      )}
    </div>
  );
}
