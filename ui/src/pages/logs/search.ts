/** Looking for an expression in lines: which match, and where. Pure, and run in a thread of its own, as it may take for ever. */

/** Matches of one line that are told. */
const MOST_IN_LINE = 50;

export type Compiled = { expression: RegExp } | { problem: string };

/** The expression that `typed` is, without regard to case. */
export function compiled(typed: string): Compiled {
  try {
    return { expression: new RegExp(typed, "giu") };
  } catch {
    // Many an expression is good only without `u`, such as one with `\-`.
  }
  try {
    return { expression: new RegExp(typed, "gi") };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { problem: said.replace(/^Invalid regular expression: /, "") };
  }
}

/** What one line says: its index in the lines that were asked about, and from where to where it matches, in pairs. */
export interface Hit {
  index: number;
  ranges: number[];
}

export function search(lines: readonly string[], expression: RegExp): Hit[] {
  const hits: Hit[] = [];
  lines.forEach((line, index) => {
    const ranges = rangesIn(line, expression);
    if (ranges) hits.push({ index, ranges });
  });
  return hits;
}

/** Pairs of beginnings and ends, without empty ones; null where nothing matches. */
export function rangesIn(line: string, expression: RegExp): number[] | null {
  const ranges: number[] = [];
  let matches = false;
  for (const found of line.matchAll(expression)) {
    matches = true;
    if (found[0] !== "") ranges.push(found.index, found.index + found[0].length);
    if (ranges.length >= MOST_IN_LINE * 2) break;
  }
  return matches ? ranges : null;
}
