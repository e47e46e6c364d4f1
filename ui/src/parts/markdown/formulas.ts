/** Formulas in prose: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` (web-ui 3.1). Prices stay prices. */

export interface FormulaFound {
  /** All of it, with its signs. */
  raw: string;
  tex: string;
  display: boolean;
}

/** Characters that a formula has at most. */
const LONGEST = 1000;

/** The formula that `text` begins with, if it does. */
export function formulaAt(text: string): FormulaFound | null {
  if (text.startsWith("\\(")) return between(text, "\\(", "\\)", false);
  if (text.startsWith("\\[")) return between(text, "\\[", "\\]", true);
  if (text.startsWith("$$")) return between(text, "$$", "$$", true);
  return text.startsWith("$") ? inDollars(text) : null;
}

/** Where the next formula may begin, or -1. */
export function formulaFrom(text: string): number {
  return text.search(/\$|\\[([]/);
}

function between(text: string, open: string, close: string, display: boolean): FormulaFound | null {
  const end = text.slice(0, LONGEST).indexOf(close, open.length);
  if (end < 0) return null;
  const tex = text.slice(open.length, end);
  if (tex.trim() === "" || tex.includes("`") || tex.includes("\n\n")) return null;
  return { raw: text.slice(0, end + close.length), tex, display };
}

/**
 * One dollar opens only before what is no space, and closes only behind what is none, with no letter, digit or dollar after it. An
 * amount followed by words is a price.
 */
function inDollars(text: string): FormulaFound | null {
  const end = closingDollar(text);
  if (end < 0) return null;
  const tex = text.slice(1, end);
  if (/^\s|\s$|`/.test(tex) || /[\p{L}\p{N}$]/u.test(text.charAt(end + 1)) || isPrice(tex)) return null;
  return { raw: text.slice(0, end + 1), tex, display: false };
}

function closingDollar(text: string): number {
  const stop = Math.min(text.length, LONGEST);
  for (let at = 1; at < stop; at += 1) {
    const sign = text.charAt(at);
    if (sign === "\\") at += 1;
    else if (sign === "$") return at > 1 ? at : -1;
    else if (sign === "\n" && text.charAt(at + 1) === "\n") return -1;
  }
  return -1;
}

/** `5 per month, or 10`: an amount and then words of two letters and more, with no sign of mathematics. */
function isPrice(tex: string): boolean {
  return /^[\d.,]+\s*(?:[kKmMbB]\b)?[\s,;–—/-]+\p{L}{2,}/u.test(tex) && !/[\\^_=+*{}]/.test(tex);
}
