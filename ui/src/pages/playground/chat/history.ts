/** What of a conversation is sent to a model. Errors, reasoning and statistics are not. */

import { withFiles } from "./attachments";
import type { Message } from "./conversation";
import type { Turn } from "./protocols/protocol";

/** The turns of a path. An answer that brought no text is left out, and the questions around it become one. */
export function turnsOf(path: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const { role, text, attachments } of path) {
    if (role === "assistant" && text === "") continue;
    const turn: Turn = { role, text: withFiles(text, attachments), images: attachments.filter(({ kind }) => kind === "image").map(({ data }) => data) };
    const before = turns.at(-1);
    if (before?.role === role) turns[turns.length - 1] = joined(before, turn);
    else turns.push(turn);
  }
  return turns;
}

/** Two turns of the same side as one, as templates of models want the sides to take turns. */
function joined(one: Turn, other: Turn): Turn {
  return { role: one.role, text: [one.text, other.text].filter(Boolean).join("\n\n"), images: [...one.images, ...other.images] };
}
