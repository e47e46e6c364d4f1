import { linkTo } from "../../app/router";
import { clock } from "../../lib/format";
import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { Loading } from "../../parts/fetched";
import { useNow } from "../../parts/now";
import { attempt } from "../../parts/toasts";
import { cancel } from "../../server/actions";
import { informed } from "../../server/feed";
import { may } from "../../server/session";
import { inflight, schedule } from "../../server/state";
import type { Queued } from "../../server/types";
import { CancelLoad } from "../models/cancel-load";
import { nameOf } from "./swaps-card";
import { lines } from "./waiting";
import { t } from "./words";

/** Everybody who waits, by model. */
export function WaitingCard() {
  const { queue, waiting } = schedule.value;
  const w = t.waiting;
  return (
    <Card title={w.title} note={waiting > 0 ? w.total(waiting) : undefined}>
      {!informed.value ? (
        <Loading />
      ) : queue.length === 0 ? (
        <p>
          {w.none} <span class="muted">{w.noneAbout}</span>
        </p>
      ) : (
        <div class="table-box" tabIndex={0} role="region" aria-label={w.title}>
          <table class="waiting">
            <thead>
              <tr>
                <th scope="col" class="number">{w.columns.position}</th>
                <th scope="col">{w.columns.request}</th>
                <th scope="col">{w.columns.why}</th>
                <th scope="col" class="number">{w.columns.waits}</th>
                <th scope="col" class="number">{w.columns.expected}</th>
                {may("admin") && (
                  <th scope="col">
                    <span class="off-screen">{w.columns.action}</span>
                  </th>
                )}
              </tr>
            </thead>
            {lines(queue).map(({ model, requests }) => (
              <tbody key={model}>
                <tr class="waiting-head">
                  <th scope="rowgroup" colSpan={6}>
                    <a href={linkTo(["models", model])}>{w.of(nameOf(model), requests.length)}</a>
                  </th>
                </tr>
                {requests.map((each) => (
                  <Line key={each.request ?? `#${each.position}`} each={each} />
                ))}
              </tbody>
            ))}
          </table>
          {waiting > queue.length && <p class="waiting-more muted">{w.more(waiting - queue.length)}</p>}
        </div>
      )}
    </Card>
  );
}

function Line({ each }: { each: Queued }) {
  return (
    <tr>
      <td class="number">{each.position}</td>
      <td>
        <Asked each={each} />
      </td>
      <td>{each.why === "in_use" ? t.waiting.why.in_use(each.behind.map(nameOf).join(", ")) : t.waiting.why[each.why]}</td>
      <Times each={each} />
      {may("admin") && (
        <td class="waiting-action">
          <Cancel each={each} />
        </td>
      )}
    </tr>
  );
}

function Asked({ each: { request } }: { each: Queued }) {
  if (request === null) return <span class="muted">{t.waiting.load}</span>;
  const known = inflight.value.get(request);
  return (
    <>
      <span class="mono">{request}</span> {known && <span class="muted">{[known.method, known.req_path, known.key ?? known.remote_ip].join(" ")}</span>}
    </>
  );
}

function Times({ each: { since, expected } }: { each: Queued }) {
  const now = useNow() / 1000;
  const left = expected === null ? null : expected - now;
  return (
    <>
      <td class="number">{clock(now - since)}</td>
      <td class="number nowrap">{left === null ? t.waiting.unknown : left < 1 ? t.waiting.soon : t.waiting.expected(clock(left))}</td>
    </>
  );
}

function Cancel({ each: { request, model } }: { each: Queued }) {
  const name = nameOf(model);
  if (request === null) {
    return (
      <CancelLoad id={model} name={name} label={t.now.cancelOf(name)}>
        {t.waiting.cancel}
      </CancelLoad>
    );
  }
  return (
    <Button small icon="cancel" aria-label={t.waiting.cancelOf(request)} onClick={() => void attempt(t.waiting.failed, () => cancel(request))}>
      {t.waiting.cancel}
    </Button>
  );
}
