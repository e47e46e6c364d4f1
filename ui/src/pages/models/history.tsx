import { linkTo } from "../../app/router";
import { Moment } from "../../parts/moment";
import { Card } from "../../parts/card";
import { causeOf } from "../../parts/causes";
import { timeline } from "../../server/state";
import type { StateEntry } from "../../server/types";
import { t } from "./words";

/** Entries that are shown. */
const MOST = 50;

/** What has happened to a model, the latest first, and why. */
export function History({ id }: { id: string }) {
  const h = t.detail.history;
  const entries = timeline.value.filter((entry): entry is StateEntry => entry.kind === "state" && entry.model === id);
  return (
    <Card title={h.title} actions={<a href={linkTo(["queue"])}>{h.all}</a>}>
      {entries.length === 0 ? (
        <p class="muted">{h.none}</p>
      ) : (
        <div class="table-box model-history" tabIndex={0} role="region" aria-label={h.title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{h.when}</th>
                <th scope="col">{h.what}</th>
                <th scope="col">{h.why}</th>
              </tr>
            </thead>
            <tbody>
              {entries
                .slice(-MOST)
                .reverse()
                .map((entry) => (
                  <tr key={entry.n}>
                    <td class="nowrap">
                      <Moment when={entry.when} />
                    </td>
                    <td class="nowrap">{entry.to === "" ? "" : h.to[entry.to]}</td>
                    <td>
                      <span class="model-history-why" title={causeOf(entry)}>
                        {causeOf(entry)}
                      </span>
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
