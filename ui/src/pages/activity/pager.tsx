import type { Signal } from "@preact/signals";
import { ask } from "../../app/router";
import { IconButton } from "../../parts/button";
import { count } from "../../lib/format";
import { PAGE_SIZES, USUAL_SIZE, pagesAround, type View } from "./view";
import { t } from "./words";

/** Goes from page to page, and says how many rows one has. */
export function Pager({ view, pages, size }: { view: View; pages: number; size: Signal<number> }) {
  const to = (page: number): void => ask({ page: page === 1 ? "" : String(page) }, false);
  const resize = (rows: number): void => {
    size.value = rows;
    ask({ size: rows === USUAL_SIZE ? "" : String(rows), page: "" });
  };
  return (
    <nav class="pager" aria-label={t.pager.label}>
      <span class="muted" role="status">
        {t.pager.at(view.page, Math.max(pages, 1))}
      </span>
      <span class="pager-steps">
        <IconButton icon="left" small label={t.pager.previous} disabled={view.page <= 1} onClick={() => to(view.page - 1)} />
        {pagesAround(view.page, Math.max(pages, 1)).map((page) => (
          <button
            key={page}
            type="button"
            class="button button-small button-quiet pager-page"
            aria-label={t.pager.page(page)}
            aria-current={page === view.page ? "page" : undefined}
            onClick={() => to(page)}
          >
            {count(page)}
          </button>
        ))}
        <IconButton icon="right" small label={t.pager.next} disabled={view.page >= pages} onClick={() => to(view.page + 1)} />
        {pages > 7 && (
          <>
            <button type="button" class="button button-small button-quiet" disabled={view.page <= 1} onClick={() => to(1)}>
              {t.pager.first}
            </button>
            <button type="button" class="button button-small button-quiet" disabled={view.page >= pages} onClick={() => to(pages)}>
              {t.pager.last}
            </button>
          </>
        )}
      </span>
      <label class="field-inline">
        <span>{t.pager.rows}</span>
        <select value={view.size} onChange={(event) => resize(Number(event.currentTarget.value))}>
          {PAGE_SIZES.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
    </nav>
  );
}
