/** Rows of activity, and the columns that show them. Pure. */

import { count, dateTime, percent, seconds, speed } from "../../lib/format";
import type { Schemas } from "../../server/types";
import type { Column } from "./layout";
import { t } from "./words";

export type Row = Schemas["Activity"];

/** A page of rows, and how many requests had ended when it was asked for. */
export type Page = Schemas["ActivityPage"] & { seen: number };

/** A column whose cells are this text, for those who read it and for exports. */
export interface RowColumn extends Column {
  text: (row: Row) => string;
}

export const COLUMNS: readonly RowColumn[] = [
  { id: "id", header: t.columns.id, on: true, sorts: true, number: true, text: ({ id }) => String(id) },
  { id: "time", header: t.columns.time, on: true, sorts: true, text: (row) => dateTime(when(row)) },
  { id: "model", header: t.columns.model, on: true, sorts: true, text: ({ model }) => model },
  { id: "req_path", header: t.columns.path, on: false, sorts: true, text: ({ req_path: path }) => path || t.none },
  { id: "resp_status_code", header: t.columns.status, on: true, sorts: true, text: ({ resp_status_code: status }) => (status > 0 ? String(status) : t.none) },
  { id: "resp_content_type", header: t.columns.type, on: false, sorts: true, text: ({ resp_content_type: type }) => type || t.none },
  { id: "cached", header: t.columns.cached, about: t.columns.cachedAbout, on: true, sorts: true, number: true, text: ({ tokens }) => positive(tokens.cache_tokens) },
  { id: "prompt", header: t.columns.prompt, about: t.columns.promptAbout, on: true, sorts: true, number: true, text: ({ tokens }) => counted(tokens.input_tokens) },
  { id: "generated", header: t.columns.generated, on: true, sorts: true, number: true, text: ({ tokens }) => counted(tokens.output_tokens) },
  { id: "drafted", header: t.columns.drafted, about: t.columns.draftedAbout, on: false, sorts: true, number: true, text: ({ tokens }) => drafted(tokens.draft_acc_tokens, tokens.draft_tokens) },
  { id: "prompt_speed", header: t.columns.prefill, about: t.columns.prefillAbout, on: true, sorts: true, number: true, text: ({ tokens }) => rate(tokens.prompt_per_second) },
  { id: "gen_speed", header: t.columns.decode, about: t.columns.decodeAbout, on: true, sorts: true, number: true, text: ({ tokens }) => rate(tokens.tokens_per_second) },
  { id: "duration", header: t.columns.duration, on: true, sorts: true, number: true, text: (row) => seconds(row.duration_ms) },
  { id: "key", header: t.columns.key, on: false, text: (row) => keyOf(row) || t.none },
  { id: "error", header: t.columns.error, on: false, text: (row) => row.error_msg ?? t.none },
  { id: "capture", header: t.columns.capture, on: true, text: () => "" },
  { id: "meta", header: t.columns.meta, on: false, text: ({ metadata }) => pairs(metadata) || t.none },
];

/** When a request ended, in ms since the epoch. */
export function when(row: Row): number {
  return Date.parse(row.timestamp);
}

/** The name of the API key that a request came with. */
export function keyOf({ metadata }: Row): string {
  return metadata?.["key"] ?? "";
}

/** How a status is to be taken; a good one with an error broke off later. */
export function kindOfStatus({ resp_status_code: status, error_msg: error }: Row): "good" | "warn" | "bad" | "calm" {
  if (status === 0 || status >= 500) return "bad";
  if (status >= 400) return "warn";
  if (error) return "bad";
  return status >= 300 ? "calm" : "good";
}

/** Names and values in one line. */
export function pairs(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** Accepted of drafted tokens: `70.0 % (7/10)`. */
export function drafted(accepted: number, of: number): string {
  return of > 0 && accepted >= 0 ? `${percent((100 * accepted) / of, 1)} (${count(accepted)}/${count(of)})` : t.none;
}

function positive(tokens: number): string {
  return tokens > 0 ? count(tokens) : t.none;
}

function counted(tokens: number): string {
  return tokens >= 0 ? count(tokens) : t.none;
}

function rate(perSecond: number): string {
  return perSecond === 0 ? t.none : speed(perSecond);
}
