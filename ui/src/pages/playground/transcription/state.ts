/** What the tab of transcription remembers, and what was written down. It goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { stored } from "../../../lib/stored";
import { request } from "../../../server/api";
import { Job } from "../job";
import { remembered } from "../remembered";
import { SESSION } from "../session-id";
import { EXTENSIONS, RESPONSE_FORMATS, refused, transcriptOf, transcriptionForm, type ResponseFormat, type Transcript } from "./rules";
import { t } from "./words";

const formatIsKnown = (value: unknown): value is ResponseFormat => RESPONSE_FORMATS.some((each) => each === value);

interface Prefs extends Record<string, unknown> {
  language: string;
  format: ResponseFormat;
  words: boolean;
  temperature: number;
}

export const prefs = stored<Prefs>("playground.transcription", { language: "", format: "json", words: false, temperature: 0 }, { format: formatIsKnown });

export interface Written {
  transcript: Transcript;
  /** As it came. */
  raw: string;
  format: ResponseFormat;
  name: string;
}

export const job = new Job();
export const prompt = signal("");
export const file = signal<File | null>(null);
/** Its `blob:` address, for the player. */
export const source = signal("");
/** Why the last file was not taken; empty when it was. */
export const problem = signal("");
export const written = signal<Written | null>(null);

/** Take a file, or say why not. */
export function take(given: File | null): void {
  const reason = given && refused(given);
  if (given && reason) {
    problem.value = reason === "empty" ? t.empty(given.name) : t.noAudio(given.name, EXTENSIONS.join(", "));
    return;
  }
  problem.value = "";
  if (source.peek()) URL.revokeObjectURL(source.peek());
  file.value = given;
  source.value = given ? URL.createObjectURL(given) : "";
}

/** Have the file written down. Never rejects: see `job.failure`. */
export async function transcribe(): Promise<void> {
  const model = remembered.transcription.peek();
  const given = file.peek();
  if (model === "" || given === null) return;
  await job.run(async (abort) => {
    const format = prefs.format.peek();
    const wish = { language: prefs.language.peek(), prompt: prompt.peek(), format, words: prefs.words.peek(), temperature: prefs.temperature.peek() };
    const body = transcriptionForm(model, given, wish);
    const answer = await request("POST", "v1/audio/transcriptions", { body, headers: { ...SESSION, Accept: "*/*" }, signal: abort });
    const raw = await answer.text();
    written.value = { transcript: transcriptOf(raw), raw, format, name: given.name };
  });
}
