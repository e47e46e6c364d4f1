/** Which columns a table shows, in which order: what users have chosen, made to fit the columns that there are. Pure. */

import { isRecord } from "../../lib/json";

export interface Column {
  id: string;
  header: string;
  /** More about it, for a tooltip. */
  about?: string;
  /** Shown before anybody chooses. */
  on: boolean;
  /** Rows can be sorted by it. */
  sorts?: boolean;
  /** Its values are aligned at their end. */
  number?: boolean;
}

/** What was chosen: an order of IDs, and what was shown or hidden against the default. */
export interface Layout {
  order: readonly string[];
  shown: Readonly<Record<string, boolean>>;
}

/** All columns in the chosen order; those that the choice does not know come last, those that are gone are dropped. */
export function arranged<C extends Column>(columns: readonly C[], order: readonly string[]): C[] {
  const chosen = [...new Set(order)].flatMap((id) => columns.filter((column) => column.id === id));
  return [...chosen, ...columns.filter(({ id }) => !order.includes(id))];
}

/** Whether a column is shown. */
export function isShown(column: Column, { shown }: Layout): boolean {
  return shown[column.id] ?? column.on;
}

/** The columns that are shown, in order. */
export function visible<C extends Column>(columns: readonly C[], layout: Layout): C[] {
  return arranged(columns, layout.order).filter((column) => isShown(column, layout));
}

/** The order once the column `id` has moved to the place `to`. */
export function moved(columns: readonly Column[], order: readonly string[], id: string, to: number): string[] {
  const ids = arranged(columns, order).map((column) => column.id);
  const from = ids.indexOf(id);
  if (from < 0) return ids;
  ids.splice(from, 1);
  ids.splice(Math.min(Math.max(to, 0), ids.length), 0, id);
  return ids;
}

/** Whether a kept value is what `Layout.shown` may be. */
export function isChoice(value: unknown): value is Record<string, boolean> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === "boolean");
}

/** Whether a kept value is an order of IDs. */
export function isOrder(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
