/** Reasoning that a model writes into its answer, between think tags (web-ui 3.2). */

export interface Separated {
  reasoning: string;
  text: string;
  /** The end of the reasoning has not come. */
  thinking: boolean;
}

const OPEN = /^\s*<(think|thinking)>/;
/** Tags whose beginning may be all that has come yet. */
const TAGS = ["<think>", "<thinking>"];

/**
 * `content` without its reasoning. That is what stands at its beginning between tags; some templates open the tag themselves, so an end
 * without a beginning counts as well, when it stands in a line of its own.
 */
export function separate(content: string): Separated {
  const open = OPEN.exec(content);
  if (open) return between(content, open[0].length, `</${open[1] ?? "think"}>`);
  const start = content.trimStart();
  if (start !== "" && TAGS.some((tag) => tag.startsWith(start))) return { reasoning: "", text: "", thinking: false };
  const end = /(?:^|\n)<\/think>[ \t]*(?:\n|$)/.exec(content);
  if (!end || content.slice(0, end.index).includes("```")) return { reasoning: "", text: content, thinking: false };
  return { reasoning: content.slice(0, end.index).trim(), text: content.slice(end.index + end[0].length).trimStart(), thinking: false };
}

function between(content: string, from: number, closing: string): Separated {
  const end = content.indexOf(closing, from);
  if (end < 0) return { reasoning: withoutPart(content.slice(from), closing).trimStart(), text: "", thinking: true };
  return { reasoning: content.slice(from, end).trim(), text: content.slice(end + closing.length).trimStart(), thinking: false };
}

/** `text` without what may be the beginning of `tag` at its end. */
function withoutPart(text: string, tag: string): string {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return text.slice(0, -length);
  }
  return text;
}
