/** What may be attached to a question (web-ui 1.10). */

import type { Attachment } from "./conversation";

export const MOST = 5;
/** Bytes of a picture. */
export const LARGEST = 20 * 1024 * 1024;
/** Bytes of a text file. */
const LARGEST_TEXT = 512 * 1024;

const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const TEXT_NAME = /\.(?:txt|md|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|log|xml|html?|css|[cm]?[jt]sx?|py|rs|go|java|kt|c|h|cc|cpp|hpp|cs|rb|php|sh|sql|tex|diff|patch|svg)$/i;

/** For file pickers. */
export const ACCEPT = [...IMAGES, "text/*", ".md,.json,.jsonl,.yaml,.yml,.toml,.py,.rs,.go,.ts,.tsx,.js,.c,.h,.cpp,.java,.sh,.sql,.log,.csv"].join(",");

/** A file as far as the rules want to know it. */
export interface Candidate {
  name: string;
  type: string;
  size: number;
}

export type Problem = "many" | "kind" | "large" | "largeText" | "empty";

/** What a file can be attached as; null when it cannot. */
export function kindOf({ name, type }: Candidate): Attachment["kind"] | null {
  if (IMAGES.includes(type)) return "image";
  return type.startsWith("text/") || type === "application/json" || TEXT_NAME.test(name) ? "text" : null;
}

/** Which of `files` can join `there` that are attached already, and why the others cannot. */
export function sift<T extends Candidate>(files: readonly T[], there: number): { taken: T[]; refused: { name: string; why: Problem }[] } {
  const taken: T[] = [];
  const refused: { name: string; why: Problem }[] = [];
  for (const file of files) {
    const why = problemOf(file, there + taken.length);
    if (why) refused.push({ name: file.name, why });
    else taken.push(file);
  }
  return { taken, refused };
}

/** The text of a question with the text files that are attached to it. */
export function withFiles(text: string, attachments: readonly Attachment[]): string {
  const files = attachments.filter(({ kind }) => kind === "text").map(({ name, data }) => inFence(name, data));
  return [...files, text].filter(Boolean).join("\n\n");
}

function problemOf(file: Candidate, there: number): Problem | null {
  const kind = kindOf(file);
  if (kind === null) return "kind";
  if (there >= MOST) return "many";
  if (file.size === 0) return "empty";
  if (kind === "image") return file.size > LARGEST ? "large" : null;
  return file.size > LARGEST_TEXT ? "largeText" : null;
}

/** A file as text: in a fence that its own fences do not end. */
function inFence(name: string, data: string): string {
  const longest = Math.max(2, ...(data.match(/`{3,}/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${name}:\n${fence}\n${data.replace(/\n$/, "")}\n${fence}`;
}
