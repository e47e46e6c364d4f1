/** The rows of a page as Markdown, for reports (web-ui section 1.3). Pure. */

import { count, dateTime, seconds, speed } from "../../lib/format";
import { drafted, when, type Row, type RowColumn } from "./rows";
import { t } from "./words";

/** A summary, a table of the columns that are shown, and where it is from. */
export function markdown(rows: readonly Row[], columns: readonly RowColumn[], now: number): string {
  const exported = columns.filter(({ id }) => id !== "capture");
  const parts = [
    table([t.export.summary, t.export.value], summary(rows)),
    exported.length > 0 ? table(exported.map(({ header }) => header), rows.map((row) => exported.map(({ text }) => text(row)))) : "",
    t.export.from(dateTime(now)),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

/** What goes into a cell: pipes escaped, in one line. */
export function cell(text: string): string {
  return text.replace(/\|/g, "\\|").replace(/\s*[\r\n]+\s*/g, " ");
}

/**
 * Tokens of all rows by the time that they took, as their speeds say; rows without tokens or speed are left out. Null when
 * that leaves none.
 */
export function weightedSpeed(rows: readonly { tokens: number; speed: number }[]): number | null {
  const rated = rows.filter(({ tokens, speed: each }) => tokens > 0 && each > 0);
  const tokens = rated.reduce((sum, row) => sum + row.tokens, 0);
  const time = rated.reduce((sum, row) => sum + row.tokens / row.speed, 0);
  return time > 0 ? tokens / time : null;
}

function summary(rows: readonly Row[]): string[][] {
  const times = rows.map(when);
  const sum = (value: (row: Row) => number): number => rows.reduce((total, row) => total + Math.max(value(row), 0), 0);
  const prompt = weightedSpeed(rows.map(({ tokens }) => ({ tokens: tokens.input_tokens, speed: tokens.prompt_per_second })));
  const decode = weightedSpeed(rows.map(({ tokens }) => ({ tokens: tokens.output_tokens, speed: tokens.tokens_per_second })));
  return [
    [t.export.range, times.length > 0 ? t.export.between(dateTime(Math.min(...times)), dateTime(Math.max(...times))) : t.none],
    [t.export.duration, seconds(sum((row) => row.duration_ms))],
    [t.columns.cached, count(sum(({ tokens }) => tokens.cache_tokens))],
    [t.columns.prompt, withSpeed(sum(({ tokens }) => tokens.input_tokens), prompt)],
    [t.columns.generated, withSpeed(sum(({ tokens }) => tokens.output_tokens), decode)],
    [t.columns.drafted, drafted(sum(({ tokens }) => tokens.draft_acc_tokens), sum(({ tokens }) => tokens.draft_tokens))],
  ];
}

function withSpeed(tokens: number, mean: number | null): string {
  return mean === null ? count(tokens) : t.export.atSpeed(count(tokens), speed(mean));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
