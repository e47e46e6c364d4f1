/** What was captured of a request: its bodies, and how each can be shown. Pure. */

import { bytesOf } from "../../lib/base64";
import type { Schemas } from "../../server/types";

export type Capture = Schemas["Capture"];

/** Characters of a body that are shown; one that is longer can be saved. */
export const MOST_SHOWN = 400_000;
/** Characters of JSON that are put into lines. */
const MOST_PRETTY = 2_000_000;

/** A body, and what it is: `absent` when it was not kept. */
export type Body =
  | { kind: "absent" | "empty" }
  | { kind: "json"; text: string; value: unknown; bytes: Bytes; type: string }
  | { kind: "events" | "text"; text: string; bytes: Bytes; type: string }
  | { kind: "image" | "audio" | "binary"; bytes: Bytes; type: string };

export type Bytes = Uint8Array<ArrayBuffer>;

/** A body in base64, by the headers that came with it. */
export function bodyOf(encoded: string | null, headers: Capture["req_headers"]): Body {
  if (encoded === null) return { kind: "absent" };
  if (encoded === "") return { kind: "empty" };
  const bytes = bytesOf(encoded);
  const type = header(headers, "content-type");
  const kind = type.split(";")[0]?.trim().toLowerCase() ?? "";
  if (kind.startsWith("image/")) return { kind: "image", bytes, type: kind };
  if (kind.startsWith("audio/")) return { kind: "audio", bytes, type: kind };
  const text = asText(bytes);
  if (text === null) return { kind: "binary", bytes, type: kind };
  if (kind === "text/event-stream" || /^(event|data|id|: ?)[:\n]/.test(text)) return { kind: "events", text, bytes, type: kind };
  const value = asJson(text);
  return value === undefined ? { kind: "text", text, bytes, type: kind } : { kind: "json", text, value, bytes, type: kind };
}

/** JSON in lines; as it is where there is too much of it. */
export function pretty(body: Extract<Body, { kind: "json" }>): string {
  return body.text.length > MOST_PRETTY ? body.text : JSON.stringify(body.value, null, 2);
}

/** The pictures that are written into a JSON answer, as addresses for `<img>`. */
export function picturesIn(value: unknown): string[] {
  const items = [...list(field(value, "data")).map((each) => field(each, "b64_json")), ...list(field(value, "images"))];
  return items.flatMap((each) => (typeof each === "string" ? [pictureOf(each)] : [])).filter(Boolean);
}

/** A header, whatever the case of letters; empty without it. */
export function header(headers: Capture["req_headers"], name: string): string {
  const found = Object.entries(headers ?? {}).find(([each]) => each.toLowerCase() === name);
  return found?.[1] ?? "";
}

/** One member of an object; undefined for anything else. */
export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A list; empty for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function pictureOf(encoded: string): string {
  const plain = encoded.replace(/^data:image\/[a-z+.-]+;base64,/i, "");
  if (!/^[A-Za-z0-9+/]{16,}=*$/.test(plain)) return "";
  const kinds: Record<string, string> = { i: "png", "/": "jpeg", R: "gif", U: "webp" };
  return `data:image/${kinds[plain[0] ?? ""] ?? "png"};base64,${plain}`;
}

function asText(bytes: Bytes): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function asJson(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
