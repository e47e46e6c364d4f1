/** What one piece of a chat's answer says, and which reasoning is the server's remarks about loading. */

import { isRecord, parsed } from "../../../lib/json";

export interface Piece {
  content: string;
  reasoning: string;
  /** Of the whole answer, where this piece tells it. */
  tokens: number | null;
  /** Tokens a second, as the engine measured them; where this piece tells it. */
  speed: number | null;
  error: string;
}

const NOTHING: Piece = { content: "", reasoning: "", tokens: null, speed: null, error: "" };

/** Of an event of the stream, or a whole answer in JSON. What cannot be read says nothing. */
export function answerPiece(data: string): Piece {
  const value = parsed(data);
  if (!isRecord(value)) return NOTHING;
  if (value.error !== undefined && value.error !== null) return { ...NOTHING, error: errorOf(value.error) };
  const choice: unknown = Array.isArray(value.choices) ? value.choices[0] : null;
  const delta = isRecord(choice) ? (choice.delta ?? choice.message) : null;
  const text = isRecord(delta) ? delta : {};
  return {
    content: textOf(text.content),
    reasoning: textOf(text.reasoning_content) || textOf(text.reasoning),
    tokens: tokensOf(value),
    speed: timing(value, "predicted_per_second"),
    error: "",
  };
}

/** Remarks of a server with `sendLoadingState` begin and end with a line of box-drawing characters. */
export function splitLoading(reasoning: string): { loading: string; rest: string } {
  const opening = /^[\u2500-\u257f]{3,}\n/.exec(reasoning);
  if (!opening) return { loading: "", rest: reasoning };
  const closing = /\n[\u2500-\u257f]{3,}\n[ \n]*/.exec(reasoning);
  if (!closing) return { loading: reasoning, rest: "" };
  const end = closing.index + closing[0].length;
  return { loading: reasoning.slice(0, end), rest: reasoning.slice(end) };
}

function tokensOf(value: Record<string, unknown>): number | null {
  const usage = isRecord(value.usage) ? value.usage.completion_tokens : null;
  if (typeof usage === "number") return usage;
  return timing(value, "predicted_n");
}

/** What llama.cpp says of its work. */
function timing(value: Record<string, unknown>, name: string): number | null {
  const told = isRecord(value.timings) ? value.timings[name] : null;
  return typeof told === "number" ? told : null;
}

function errorOf(error: unknown): string {
  if (typeof error === "string") return error;
  return isRecord(error) && typeof error.message === "string" ? error.message : JSON.stringify(error);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
