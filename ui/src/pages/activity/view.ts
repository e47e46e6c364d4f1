/** What the table of activity shows: rows, order and page, as the address says it. Pure. */

import { filtersOf, parameters, type Filters } from "./filters";

export const PAGE_SIZES: readonly number[] = [10, 25, 50, 100, 250, 500];
export const USUAL_SIZE = 25;
/** Words of `sort` that the server knows; those of the columns. */
const SORTS = ["id", "time", "model", "req_path", "resp_status_code", "resp_content_type", "cached", "prompt", "generated", "drafted", "prompt_speed", "gen_speed", "duration"];

export interface View {
  filters: Filters;
  sort: string;
  descending: boolean;
  page: number;
  size: number;
}

/** The view that the query of an address asks for; `size` is what the user likes. */
export function viewOf(query: Readonly<Record<string, string>>, size: number): View {
  const sort = query["sort"] ?? "";
  const wished = Number(query["size"] ?? "");
  return {
    filters: filtersOf(query),
    sort: SORTS.includes(sort) ? sort : "id",
    descending: query["order"] !== "asc",
    page: /^[1-9]\d{0,8}$/.test(query["page"] ?? "") ? Number(query["page"]) : 1,
    size: PAGE_SIZES.includes(wished) ? wished : size,
  };
}

/** What the server is asked for a page at `now` (ms since the epoch), of one `model` or of those of the filters. */
export function pageParameters(view: View, now: number, model?: string): Record<string, string | readonly string[]> {
  return {
    ...parameters(of(view.filters, model), now),
    limit: String(view.size),
    page: String(view.page),
    sort: view.sort,
    order: view.descending ? "desc" : "asc",
  };
}

/** The filters, for a place that is about one model. */
export function of(filters: Filters, model?: string): Filters {
  return model === undefined ? filters : { ...filters, models: [model] };
}

/** The change of the query when one sorts by `column`: ascending first, then the other way; page 1 each time. */
export function sortedBy(view: View, column: string): Record<string, string> {
  const ascending = view.sort !== column || view.descending;
  const usual = column === "id" && !ascending;
  return { sort: usual ? "" : column, order: ascending ? "asc" : "", page: "" };
}

/** How a column is sorted, for `aria-sort`. */
export function sortOf(view: View, column: string): "ascending" | "descending" | "none" {
  if (view.sort !== column) return "none";
  return view.descending ? "descending" : "ascending";
}

/** Numbers of pages to offer around `page`, seven at most. */
export function pagesAround(page: number, pages: number): number[] {
  const shown = Math.min(7, pages);
  const first = Math.min(Math.max(page - 3, 1), pages - shown + 1);
  return Array.from({ length: shown }, (_, index) => first + index);
}
