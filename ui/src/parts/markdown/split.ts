/**
 * The blocks of a Markdown text that is still being written (web-ui 3.1, appendix C).
 *
 * A block is finished by a blank line, by the end of its fence or of its displayed formula. What is finished stays as it is, so it is
 * rendered once; only the tail behind it is looked at again when more has come. Of lists and footnotes a blank line is not the
 * end as long as what follows may belong to them.
 */

/** A part of the text. `at` is where it begins, and what it is known by. */
export interface Block {
  at: number;
  kind: "prose" | "code" | "formula";
  /** Markdown for prose, else what is inside the fence or the signs of the formula. */
  source: string;
  /** The first word behind the opening fence. */
  language: string;
  /** Its end has not come yet. */
  open: boolean;
}

/** The finished blocks, and where what is behind them begins. */
export interface Finished {
  blocks: readonly Block[];
  at: number;
}

export interface Split extends Finished {
  /** What is not finished, if there is anything. */
  tail: Block | null;
}

/** Before there is any text. */
export const NOTHING: Finished = { blocks: [], at: 0 };

/** What makes certain that a text has ended. */
const END = "\n\n";
/** Characters after which a formula that has not ended was none. */
const LONGEST_FORMULA = 4000;

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const INNER_FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}(?=[^`]*$)|~{3,})/;
const ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const NOTE = /^ {0,3}\[\^[^\]\s]+\]:/;
const FORMULA = /^ {0,3}(\$\$|\\\[)/;
const INDENTED = /^(?: {2,}|\t)\S/;

/** The blocks of `text`, of which those of `before` are known already: `text` goes on where that one ended. */
export function split(text: string, before: Finished = NOTHING): Split {
  const blocks = [...before.blocks];
  let at = before.at;
  for (;;) {
    at = behindBlank(text, at);
    if (at >= text.length) return { blocks, at, tail: null };
    const { block, end } = next(text, at);
    if (end === null) return { blocks, at, tail: block };
    blocks.push(block);
    at = end;
  }
}

/** All blocks of a text that is complete. */
export function wholeOf(text: string, before: Finished = NOTHING): readonly Block[] {
  const { blocks, tail } = split(`${text}${END}`, before);
  return tail ? [...blocks, { ...tail, source: tail.source.replace(/\n{1,2}$/, ""), open: false }] : blocks;
}

/** A block, and where it ends; null when that is not certain yet. */
interface Found {
  block: Block;
  end: number | null;
}

function next(text: string, at: number): Found {
  const line = lineAt(text, at);
  const fence = FENCE.exec(line.text);
  if (fence) return fenced(text, at, line.end, fence[1] ?? "", fence[2] ?? "");
  return formula(text, at) ?? prose(text, at);
}

function fenced(text: string, at: number, from: number, fence: string, info: string): Found {
  const language = /^\s*(\S*)/.exec(info)?.[1] ?? "";
  const closing = new RegExp(`^ {0,3}\\${fence.charAt(0)}{${fence.length},}\\s*$`);
  let start = from;
  while (start < text.length) {
    const line = lineAt(text, start);
    if (closing.test(line.text)) {
      const block: Block = { at, kind: "code", source: text.slice(from, Math.max(from, start - 1)), language, open: false };
      return { block, end: line.ended ? line.end : null };
    }
    start = line.end;
  }
  return { block: { at, kind: "code", source: text.slice(from), language, open: true }, end: null };
}

function formula(text: string, at: number): Found | null {
  const sign = FORMULA.exec(lineAt(text, at).text);
  if (!sign) return null;
  const from = at + sign[0].length;
  const length = text.slice(from, from + LONGEST_FORMULA + 2).indexOf(sign[1] === "$$" ? "$$" : "\\]");
  const close = from + length;
  if (length < 0) {
    if (text.length - from > LONGEST_FORMULA) return null;
    return { block: { at, kind: "formula", source: text.slice(from), language: "", open: true }, end: null };
  }
  const rest = lineAt(text, close + 2);
  if (rest.text.trim() !== "" || length === 0) return null;
  return { block: { at, kind: "formula", source: text.slice(from, close), language: "", open: false }, end: rest.ended ? rest.end : null };
}

function prose(text: string, at: number): Found {
  let inner = "";
  let holds = false;
  let start = at;
  while (start < text.length) {
    const line = lineAt(text, start);
    const fence = INNER_FENCE.exec(line.text)?.[1];
    if (inner) {
      if (fence?.startsWith(inner)) inner = "";
    } else if (line.text.trim() === "" && line.ended) {
      const end = endAtBlank(text, start, holds);
      if (end.over) return found(text, at, start, end.over === "yes");
      start = end.at;
      continue;
    } else if (start > at && interrupts(line.text, holds)) {
      return found(text, at, start, true);
    } else {
      holds ||= ITEM.test(line.text) || NOTE.test(line.text);
      if (fence && holds) inner = fence;
    }
    start = line.end;
  }
  return found(text, at, text.length, false);
}

/** Whether a blank line at `start` ends the block: not what can hold more, when more of it follows. */
function endAtBlank(text: string, start: number, holds: boolean): { over: "yes" | "maybe" | ""; at: number } {
  if (!holds) return { over: "yes", at: start };
  const at = behindBlank(text, start);
  const line = lineAt(text, at);
  if (line.text.trim() === "" || (!line.ended && /^\s*\S{0,3}$/.test(line.text))) return { over: "maybe", at };
  const goesOn = ITEM.test(line.text) || NOTE.test(line.text) || INDENTED.test(line.text);
  return { over: goesOn ? "" : "yes", at };
}

function interrupts(line: string, holds: boolean): boolean {
  if (holds && /^\s{2}/.test(line)) return false;
  return FENCE.test(line) || FORMULA.test(line);
}

function found(text: string, at: number, end: number, certain: boolean): Found {
  const block: Block = { at, kind: "prose", source: text.slice(at, certain ? end : text.length).replace(/\n+$/, ""), language: "", open: !certain };
  return { block, end: certain ? end : null };
}

/** The line at `at`: its text, where the next one begins, and whether its end has come. */
function lineAt(text: string, at: number): { text: string; end: number; ended: boolean } {
  const close = text.indexOf("\n", at);
  if (close < 0) return { text: text.slice(at), end: text.length, ended: false };
  return { text: text.slice(at, close), end: close + 1, ended: true };
}

/** Behind all blank lines from `at`. */
function behindBlank(text: string, at: number): number {
  for (;;) {
    const line = lineAt(text, at);
    if (!line.ended || line.text.trim() !== "") return line.text.trim() === "" && line.text === "" ? line.end : at;
    at = line.end;
  }
}
