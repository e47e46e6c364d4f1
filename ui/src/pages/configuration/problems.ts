/** What is wrong with a text, as the editor shows it: by line, and in order. */

import type { Schemas } from "../../server/types";

export interface Fault {
  /** 0 for what has no place in this file. */
  line: number;
  column: number;
  message: string;
}

type Problem = Schemas["Problem"];

/** The faults of the file at `path`, in the order of its lines; those elsewhere come first, with the name of their file. */
export function faultsIn(path: string, problems: readonly Problem[]): Fault[] {
  const faults = problems.map((problem): Fault => {
    if (typeof problem === "string") return { line: 0, column: 0, message: problem };
    const { message, file, line, column, path: key } = problem;
    const text = key && !message.startsWith(key) ? `${key}: ${message}` : message;
    if (file === path) return { line, column, message: text };
    const place = line > 0 ? `${file}:${line}` : file;
    return { line: 0, column: 0, message: place ? `${place}: ${text}` : text };
  });
  return faults.sort((one, other) => one.line - other.line || one.column - other.column);
}

/** The faults by line, for marks beside the text. */
export function byLine(faults: readonly Fault[]): Map<number, string> {
  const lines = new Map<number, string>();
  for (const { line, message } of faults) {
    if (line > 0) lines.set(line, lines.has(line) ? `${lines.get(line) ?? ""}\n${message}` : message);
  }
  return lines;
}

/** Where in `text` a place begins, that is told by line and column (1-based; columns count characters, not UTF-16 units). */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let number = 1; number < line; number += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const rest = text.slice(start, text.indexOf("\n", start) < 0 ? undefined : text.indexOf("\n", start));
  return start + Array.from(rest).slice(0, Math.max(0, column - 1)).join("").length;
}

/** Numbers of all lines of `text`, one below the other. */
export function numbers(text: string): string {
  const lines = text.split("\n").length;
  return Array.from({ length: lines }, (_, index) => index + 1).join("\n");
}
