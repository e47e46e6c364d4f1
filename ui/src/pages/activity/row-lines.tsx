import type { ComponentChildren } from "preact";
import { ask, linkTo } from "../../app/router";
import { Button, IconButton } from "../../parts/button";
import { Ago } from "../../parts/ticking";
import { may } from "../../server/session";
import { RowDetail } from "./row-detail";
import { kindOfStatus, when, type Row, type RowColumn } from "./rows";
import { t } from "./words";

/** A row, and below it its details when they are `open`. */
export function RowLines({ row, columns, open }: { row: Row; columns: readonly RowColumn[]; open: boolean }) {
  const toggle = (): void => ask({ row: open ? "" : String(row.id) });
  return (
    <>
      <tr data-row={row.id} class={open ? "row-open" : ""}>
        <td class="row-fold">
          <IconButton icon={open ? "down" : "right"} small label={t.table.details(row.id)} aria-expanded={open} onClick={toggle} />
        </td>
        {columns.map((column) => (
          <td key={column.id} data-column={column.id} class={column.number ? "number" : ""}>
            {cell(column, row, toggle, open)}
          </td>
        ))}
      </tr>
      {open && (
        <tr class="row-detail">
          <td colSpan={columns.length + 1}>
            <RowDetail row={row} />
          </td>
        </tr>
      )}
    </>
  );
}

function cell(column: RowColumn, row: Row, toggle: () => void, open: boolean): ComponentChildren {
  switch (column.id) {
    case "time":
      return <Ago when={when(row)} />;
    case "model":
      return <a href={linkTo(["models", row.model])}>{row.model}</a>;
    case "resp_status_code":
      return <Status row={row} toggle={toggle} open={open} />;
    case "error":
    case "meta":
      return <Long text={column.text(row)} />;
    case "req_path":
    case "resp_content_type":
      return <span class="mono">{column.text(row)}</span>;
    case "capture":
      return row.has_capture && may("admin") ? <View row={row} /> : t.none;
    default:
      return <span class="nowrap">{column.text(row)}</span>;
  }
}

function Status({ row, toggle, open }: { row: Row; toggle: () => void; open: boolean }) {
  const text = row.resp_status_code > 0 ? String(row.resp_status_code) : t.table.noAnswer;
  const kind = kindOfStatus(row);
  const mark = <span class={`tag tag-${kind}`}>{text}</span>;
  if (!row.error_msg) return mark;
  return (
    <button type="button" class="status" title={row.error_msg} aria-expanded={open} onClick={toggle}>
      {mark}
      <span class="status-error">{t.table.error}</span>
    </button>
  );
}

function View({ row }: { row: Row }) {
  return (
    <Button small icon="eye" aria-label={t.table.viewOne(row.id)} onClick={() => ask({ capture: String(row.id) }, false)}>
      {t.table.view}
    </Button>
  );
}

function Long({ text }: { text: string }) {
  return (
    <span class="long cut" title={text}>
      {text}
    </span>
  );
}

