import { useSignal } from "@preact/signals";
import { ask, asked, place } from "../../app/router";
import { Button } from "../../parts/button";
import { Card } from "../../parts/card";
import { ask as askServer } from "../../server/api";
import { local, serverNow } from "../../server/state";
import { ended } from "./arrivals";
import { CaptureDialog } from "./capture-dialog";
import { ColumnsMenu } from "./columns-menu";
import { markdown } from "./export";
import { ExportDialog } from "./export-dialog";
import { FilterBar } from "./filter-bar";
import { active, idOf, parameters } from "./filters";
import { kept } from "./kept";
import { visible } from "./layout";
import { Pager } from "./pager";
import { COLUMNS, type Page } from "./rows";
import { RowTable } from "./row-table";
import { useLoaded } from "./use-loaded";
import { of, pageParameters, viewOf } from "./view";
import { t } from "./words";

/** Requests that have ended, of `model` or of all. What is shown stands in the address; preferences are kept by `area`. */
export function ActivityTable({ area, model }: { area: string; model?: string }) {
  const { order, shown, size } = kept(area);
  const view = viewOf(place.value.query, size.value);
  const columns = model === undefined ? COLUMNS : COLUMNS.filter(({ id }) => id !== "model");
  const chosen = visible(columns, { order: order.value, shown: shown.value });
  const exporting = useSignal(false);
  const { loaded, refresh } = useLoaded<Page>(area, model ?? "", JSON.stringify(view), view.page === 1, async (signal) => {
    const seen = ended.peek();
    const query = pageParameters(view, serverNow(), model);
    return { ...(await askServer<Omit<Page, "seen">>("GET", "api/metrics/activity", { query, signal })), seen };
  });
  const page = loaded.value;
  const captured = idOf(asked("capture"));
  const owner = page?.data.find(({ id }) => id === captured)?.model ?? "";
  const filtered = model !== undefined || active(view.filters).length > 0;
  return (
    <Card
      title={t.table.title}
      class="history"
      note={page && t.table.of(page.total)}
      actions={
        <>
          <Button small icon="download" disabled={!page || page.total === 0} onClick={() => (exporting.value = true)}>
            {t.export.open}
          </Button>
          <ColumnsMenu columns={columns} chosen={{ order, shown }} />
        </>
      }
    >
      <FilterBar filters={view.filters} model={model} />
      {loaded.error && (
        <div class="problem" role="alert">
          <span class="grow">{t.table.failed(loaded.error, loaded.at)}</span>
          <Button small icon="retry" onClick={refresh}>
            {t.table.retry}
          </Button>
        </div>
      )}
      {page && view.page > 1 && ended.value > page.seen && <NewRows n={filtered ? null : ended.value - page.seen} />}
      <RowTable view={view} columns={chosen} rows={page?.data ?? null} pending={loaded.pending} open={asked("row")} />
      {page && page.total > 0 && <Pager view={view} pages={page.total_pages} size={size} />}
      {captured !== null && (
        <CaptureDialog key={captured} id={captured} model={local.value.has(owner) ? owner : undefined} onClose={() => ask({ capture: "" })} />
      )}
      {page && exporting.value && (
        <ExportDialog
          text={markdown(page.data, chosen, Date.now())}
          total={page.total}
          query={parameters(of(view.filters, model), serverNow())}
          onClose={() => (exporting.value = false)}
        />
      )}
    </Card>
  );
}

/** Says that there is more on the first page; `n` is null where filters may let less through. */
function NewRows({ n }: { n: number | null }) {
  return (
    <div class="hint row" role="status">
      <span>{n === null ? t.table.newPerhaps : t.table.newRows(n)}</span>
      <Button small icon="up" onClick={() => ask({ page: "", sort: "", order: "" }, false)}>
        {t.table.showNew}
      </Button>
    </div>
  );
}
