/** A test as a file. */

import type { Asked } from "./run";
import { speedOf, summaries } from "./stats";

const COLUMNS = ["request", "model", "state", "status", "begin_ms", "first_token_ms", "end_ms", "tokens", "tokens_per_second", "error"] as const;

/** A line for each request. */
export function toCsv(requests: readonly Asked[]): string {
  return [COLUMNS.join(","), ...requests.map((asked) => Object.values(rowOf(asked)).map(cell).join(","))].join("\r\n") + "\r\n";
}

/** Requests with what was answered, and the figures. */
export function toJson(requests: readonly Asked[]): string {
  const rows = requests.map((asked) => ({ ...rowOf(asked), phases: asked.marks, reasoning: asked.reasoning, content: asked.content }));
  return JSON.stringify({ requests: rows, summaries: summaries(requests) }, null, 2);
}

function rowOf(asked: Asked): Record<(typeof COLUMNS)[number], string | number | null> {
  const { index, model, state, status, begin, first, end, tokens, error } = asked;
  const speed = speedOf(asked);
  return {
    request: index + 1,
    model,
    state,
    status: status || null,
    begin_ms: begin,
    first_token_ms: first,
    end_ms: end,
    tokens,
    tokens_per_second: speed === null ? null : Math.round(speed * 100) / 100,
    error,
  };
}

/** Quoted where that is needed; what a spreadsheet would take for a formula is text. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
