import { ask } from "../../app/router";
import { Icon } from "../../parts/icon";
import { Empty } from "../../parts/card";
import { NO_FILTERS, active, asQuery } from "./filters";
import { Button } from "../../parts/button";
import { RowLines } from "./row-lines";
import type { Row, RowColumn } from "./rows";
import { sortOf, sortedBy, type View } from "./view";
import { t } from "./words";

export interface RowTableProps {
  view: View;
  columns: readonly RowColumn[];
  /** Null while nothing is known. */
  rows: readonly Row[] | null;
  /** Others are on their way. */
  pending: boolean;
  /** The ID of the row whose details are shown. */
  open: string;
}

/** The rows of one page, in a box that scrolls by itself. */
export function RowTable({ view, columns, rows, pending, open }: RowTableProps) {
  if (rows === null) return <p class="loading">{pending && t.table.loading}</p>;
  if (rows.length === 0 && view.page === 1) return <Nothing view={view} />;
  return (
    <div class={`table-box rows ${pending ? "rows-pending" : ""}`} tabIndex={0} role="region" aria-label={t.table.region} aria-busy={pending}>
      <table class="compact">
        <thead>
          <tr>
            <th class="row-fold" />
            {columns.map((column) => (
              <Head key={column.id} column={column} view={view} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <RowLines key={row.id} row={row} columns={columns} open={open === String(row.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, view }: { column: RowColumn; view: View }) {
  const { id, header, about, sorts, number } = column;
  if (!sorts) {
    return (
      <th scope="col" title={about}>
        {header}
      </th>
    );
  }
  const sort = sortOf(view, id);
  return (
    <th scope="col" class={number ? "number" : ""} aria-sort={sort}>
      <button type="button" class="sort" title={about ?? t.table.sortBy(header)} onClick={() => ask(sortedBy(view, id), false)}>
        {header}
        {sort !== "none" && <Icon name={sort} size={13} />}
      </button>
    </th>
  );
}

function Nothing({ view }: { view: View }) {
  const filtered = active(view.filters).length > 0;
  return (
    <Empty title={filtered ? t.table.noMatch : t.table.empty}>
      {filtered && (
        <Button icon="close" onClick={() => ask({ ...asQuery(NO_FILTERS), page: "" })}>
          {t.filters.clearAll}
        </Button>
      )}
    </Empty>
  );
}
