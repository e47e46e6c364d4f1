/** What differs between two texts, by lines. */

export interface Line {
  kind: "same" | "gone" | "new";
  text: string;
  /** Its number in the old text, and in the new one; 0 where it is not in it. */
  old: number;
  now: number;
}

/** Lines that belong together, with a few around them that are the same. */
export type Hunk = readonly Line[];

/** Lines of a text, above which it is not looked for what they have in common. */
const MOST = 4000;
const AROUND = 3;

/** Every line of both texts, in their order. */
export function diff(before: string, after: string): Line[] {
  const old = before.split("\n");
  const now = after.split("\n");
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const kinds = middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail));
  return numbered([...same(old.slice(0, head)), ...kinds, ...same(old.slice(old.length - tail))]);
}

/** The parts of `lines` that differ. */
export function hunks(lines: readonly Line[]): Hunk[] {
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind !== "same") for (let at = index - AROUND; at <= index + AROUND; at += 1) near.add(at);
  });
  const parts: Line[][] = [];
  lines.forEach((line, index) => {
    if (!near.has(index)) return;
    const last = parts.at(-1);
    if (last && near.has(index - 1)) last.push(line);
    else parts.push([line]);
  });
  return parts;
}

/** How many lines are new, and how many are gone. */
export function counts(lines: readonly Line[]): { added: number; removed: number } {
  const of = (kind: Line["kind"]): number => lines.filter((line) => line.kind === kind).length;
  return { added: of("new"), removed: of("gone") };
}

type Kind = Pick<Line, "kind" | "text">;

function same(lines: readonly string[]): Kind[] {
  return lines.map((text) => ({ kind: "same", text }));
}

/** The longest common subsequence, by a table; of texts that are too long for one, all lines are others. */
function middle(old: readonly string[], now: readonly string[]): Kind[] {
  if (old.length * now.length > MOST * MOST) return [...gone(old), ...fresh(now)];
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = now.length - 1; column >= 0; column -= 1) {
      const longer = Math.max(at(row + 1, column), at(row, column + 1));
      lengths[row * width + column] = old[row] === now[column] ? at(row + 1, column + 1) + 1 : longer;
    }
  }
  return walked(old, now, at);
}

function walked(old: readonly string[], now: readonly string[], at: (row: number, column: number) => number): Kind[] {
  const found: Kind[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length && column < now.length) {
    if (old[row] === now[column]) {
      found.push({ kind: "same", text: old[row] ?? "" });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      found.push({ kind: "gone", text: old[row] ?? "" });
      row += 1;
    } else {
      found.push({ kind: "new", text: now[column] ?? "" });
      column += 1;
    }
  }
  return [...found, ...gone(old.slice(row)), ...fresh(now.slice(column))];
}

function gone(lines: readonly string[]): Kind[] {
  return lines.map((text) => ({ kind: "gone", text }));
}

function fresh(lines: readonly string[]): Kind[] {
  return lines.map((text) => ({ kind: "new", text }));
}

function numbered(kinds: readonly Kind[]): Line[] {
  let old = 0;
  let now = 0;
  return kinds.map(({ kind, text }) => {
    if (kind !== "new") old += 1;
    if (kind !== "gone") now += 1;
    return { kind, text, old: kind === "new" ? 0 : old, now: kind === "gone" ? 0 : now };
  });
}
