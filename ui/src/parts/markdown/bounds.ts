/** What Markdown is not tried with: text made to keep the parser busy is shown as it is instead. */

const LONGEST = 30_000;
const LONGEST_LINE = 10_000;
/** Characters that begin something, such as `*` or `[`. */
const MOST_SIGNS = 4000;
const MOST_DOLLARS = 1000;
/** Cells of tables: every row is filled up to as many as the head has. */
const MOST_CELLS = 15_000;
const FLOOD = /([*_`~[\]<$\\(!&:@|#])\1{60}/;
/** Quotes or lists within each other. */
const DEEP = /^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*){16}/m;
const INDENTED_DEEP = /^[ \t]{100}[ \t]*\S/m;

/** Whether `source` is to be shown as plain text. */
export function tooWild(source: string): boolean {
  if (source.length > LONGEST || FLOOD.test(source) || INDENTED_DEEP.test(source)) return true;
  if (longestLine(source) > LONGEST_LINE) return true;
  if (times(source, /[*_`~[\]<$\\(!&@]/g) > MOST_SIGNS || times(source, /\$/g) > MOST_DOLLARS) return true;
  if (cells(source) > MOST_CELLS) return true;
  return DEEP.test(source.replace(/^[ \t]*(?:[-*_][ \t]*){3,}$/gm, ""));
}

/** Milliseconds until more of a text is rendered, when the last time took `cost` of them: at most a tenth of the time, at most 10 a second. */
export function pace(cost: number): number {
  return Math.max(100, Math.min(2000, cost * 10));
}

function times(text: string, what: RegExp): number {
  let found = 0;
  for (const match of text.matchAll(what)) found += match.length;
  return found;
}

/** Cells that the tables of `source` have at most. A line of dashes and bars makes a table of the lines up to the next blank one. */
function cells(source: string): number {
  let [all, columns, rows] = [0, 0, 0];
  for (const line of source.split("\n")) {
    if (line.trim() === "") {
      all += columns * rows;
      [columns, rows] = [0, 0];
      continue;
    }
    rows += 1;
    if (line.includes("-") && /^[-:|\s>*+\d.)]+$/.test(line)) columns = Math.max(columns, times(line, /\|/g) + 1);
  }
  return all + columns * rows;
}

function longestLine(text: string): number {
  let longest = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const stop = end < 0 ? text.length : end;
    longest = Math.max(longest, stop - at);
    at = stop + 1;
  }
  return longest;
}
