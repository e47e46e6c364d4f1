/** Voices that answers name, and what recordings are called. */

/** What OpenAI's own models know. */
export const USUAL_VOICES = ["alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse"] as const;
export const FORMATS = ["mp3", "wav", "opus", "flac", "aac", "pcm"] as const;

const EXTENSIONS: Readonly<Record<string, string>> = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/wav": "wav",
  "audio/wave": "wav",
  "audio/x-wav": "wav",
  "audio/vnd.wave": "wav",
  "audio/ogg": "ogg",
  "audio/opus": "opus",
  "audio/flac": "flac",
  "audio/x-flac": "flac",
  "audio/aac": "aac",
  "audio/mp4": "m4a",
  "audio/webm": "webm",
  "audio/l16": "pcm",
  "audio/pcm": "pcm",
};

export interface SpeechWish {
  voice: string;
  speed: number;
  format: string;
  instructions: string;
}

/** The names in a list of strings, or in `{voices: [string, or {id} or {name}]}`; null for an answer of another kind. */
export function voicesOf(answer: unknown): string[] | null {
  const list = typeof answer === "object" && answer !== null && "voices" in answer ? answer.voices : answer;
  if (!Array.isArray(list)) return null;
  const names = list.map(nameOf).filter((name) => name !== "");
  return [...new Set(names)];
}

export function speechBody(model: string, input: string, { voice, speed, format, instructions }: SpeechWish): Record<string, unknown> {
  return {
    model,
    input,
    ...(voice ? { voice } : {}),
    ...(speed === 1 ? {} : { speed }),
    ...(format ? { response_format: format } : {}),
    ...(instructions.trim() ? { instructions } : {}),
  };
}

/** How the name of a file of `type` (a content type) ends; what was `wished` for where the type says nothing. */
export function audioExtension(type: string, wished: string): string {
  const plain = (type.split(";")[0] ?? "").trim().toLowerCase();
  return EXTENSIONS[plain] ?? (wished || "mp3");
}

/** Whether an answer of `type` is audio; a server that says nothing of it is believed. */
export function isAudio(type: string): boolean {
  const plain = (type.split(";")[0] ?? "").trim().toLowerCase();
  return plain === "" || plain.startsWith("audio/") || plain === "application/octet-stream" || plain === "video/mp4" || plain === "application/ogg";
}

function nameOf(voice: unknown): string {
  if (typeof voice === "string") return voice;
  if (typeof voice !== "object" || voice === null) return "";
  const id = "id" in voice ? voice.id : "voice_id" in voice ? voice.voice_id : "name" in voice ? voice.name : "";
  return typeof id === "string" ? id : "";
}
