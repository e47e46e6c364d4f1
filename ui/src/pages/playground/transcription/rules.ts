/** Which files are audio, and what answers hold. */

import { isRecord, parsed } from "../../../lib/json";

export const EXTENSIONS = ["mp3", "wav", "ogg", "oga", "opus", "flac", "m4a", "mp4", "mpeg", "mpga", "aac", "webm"] as const;
export const RESPONSE_FORMATS = ["json", "verbose_json", "text", "srt", "vtt"] as const;
export type ResponseFormat = (typeof RESPONSE_FORMATS)[number];

export interface Segment {
  start: number;
  end: number;
  text: string;
}

export interface Transcript {
  text: string;
  segments: readonly Segment[];
  language: string;
  /** Seconds; 0 when it was not told. */
  duration: number;
}

export interface Wish {
  language: string;
  prompt: string;
  format: ResponseFormat;
  words: boolean;
  temperature: number;
}

/** Why a file cannot be transcribed: it is `empty`, or no `audio`; null when it can. */
export function refused(file: { name: string; type: string; size: number }): "empty" | "audio" | null {
  const extension = file.name.includes(".") ? (file.name.split(".").pop() ?? "").toLowerCase() : "";
  const type = file.type.toLowerCase();
  const known = EXTENSIONS.some((each) => each === extension);
  const byType = type.startsWith("audio/") || ["video/mp4", "video/webm", "video/mpeg", "video/ogg"].includes(type);
  if (!known && !(extension === "" && byType) && !type.startsWith("audio/")) return "audio";
  return file.size === 0 ? "empty" : null;
}

export function transcriptionForm(model: string, file: File, wish: Wish): FormData {
  const form = new FormData();
  form.append("model", model);
  form.append("file", file, file.name);
  form.append("response_format", wish.format);
  if (wish.language.trim()) form.append("language", wish.language.trim());
  if (wish.prompt.trim()) form.append("prompt", wish.prompt.trim());
  if (wish.temperature > 0) form.append("temperature", String(wish.temperature));
  if (wish.format === "verbose_json") {
    form.append("timestamp_granularities[]", "segment");
    if (wish.words) form.append("timestamp_granularities[]", "word");
  }
  return form;
}

/** What an answer says; one that is no JSON is the text itself, such as subtitles. */
export function transcriptOf(answer: string): Transcript {
  const value = parsed(answer);
  if (!isRecord(value) || typeof value.text !== "string") return { text: answer.trim(), segments: [], language: "", duration: 0 };
  const words = segmentsIn(value.words, "word");
  const segments = segmentsIn(value.segments, "text");
  return {
    text: value.text.trim(),
    segments: words.length > 0 ? words : segments,
    language: typeof value.language === "string" ? value.language : "",
    duration: typeof value.duration === "number" ? value.duration : 0,
  };
}

/** How the name of a file with the answer ends. */
export function extensionFor(format: ResponseFormat): string {
  return { json: "txt", verbose_json: "json", text: "txt", srt: "srt", vtt: "vtt" }[format];
}

/** Seconds as `1:02.5`. */
export function timestamp(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${((tenths - minutes * 600) / 10).toFixed(1).padStart(4, "0")}`;
}

function segmentsIn(list: unknown, textKey: string): Segment[] {
  const all: unknown[] = Array.isArray(list) ? list : [];
  return all.filter(isRecord).flatMap((each) => {
    const { start, end, [textKey]: text } = each;
    return typeof start === "number" && typeof end === "number" && typeof text === "string" ? [{ start, end, text: text.trim() }] : [];
  });
}
