/** What the three protocols of chat have in common: what is asked, and what pieces an answer comes in (web-ui 3.3). */

import { isRecord } from "../../../../lib/json";

export interface Turn {
  role: "user" | "assistant";
  text: string;
  /** `data:` URLs. */
  images: readonly string[];
}

/** How to answer; null and empty leave it to the model. */
export interface Sampling {
  system: string;
  temperature: number | null;
  maxTokens: number | null;
  topP: number | null;
  seed: number | null;
  stop: readonly string[];
  effort: string;
}

export interface Question {
  model: string;
  turns: readonly Turn[];
  sampling: Sampling;
}

/** Tokens and speeds that an engine tells. */
export interface Told {
  promptTokens?: number;
  cachedTokens?: number;
  generatedTokens?: number;
  promptSpeed?: number;
  generationSpeed?: number;
}

/** One piece of an answer. */
export interface Piece {
  text?: string;
  reasoning?: string;
  /** Of the call number `index`. */
  tools?: readonly { index: number; id?: string; name?: string; arguments?: string }[];
  told?: Told;
  finish?: string;
  error?: string;
  /** Nothing follows. */
  last?: boolean;
}

export interface Protocol {
  /** Without a leading slash. */
  path: string;
  /** The body of the request. */
  body(question: Question): Record<string, unknown>;
  /** What an event of the stream says; nothing for what is not understood. `name` is the name of the event. */
  piece(name: string, data: Fields): Piece;
}

export type Fields = Readonly<Record<string, unknown>>;

/** `value` as an object, or an empty one. */
export function fields(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** `object` without what is undefined, null, or empty. */
export function given<T extends Record<string, unknown>>(object: T): Given<T> {
  const there = Object.entries(object).filter(([, value]) => value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(there) as Given<T>;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** The message of an error, however it is wrapped; empty when there is none. */
export function errorText(value: unknown): string {
  if (typeof value === "string") return value;
  const { message, error, code } = fields(value);
  return text(message) || (error === undefined ? text(code) : errorText(error));
}
