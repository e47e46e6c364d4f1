/** What the tab of speech remembers, and what was said. It goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { isRecord } from "../../../lib/json";
import { ownOf } from "../../../lib/own";
import { stored } from "../../../lib/stored";
import { ask, messageOf, request } from "../../../server/api";
import { Job } from "../job";
import { remembered } from "../remembered";
import { SESSION } from "../session-id";
import { audioExtension, isAudio, speechBody, voicesOf } from "./rules";
import { t } from "./words";

const NO_VOICE: Readonly<Record<string, string>> = {};
const NO_VOICES: Readonly<Record<string, readonly string[]>> = {};

export const prefs = stored(
  "playground.speech",
  {
    speed: 1,
    format: "",
    instructions: "",
    autoplay: true,
    /** The voice that was chosen for a model. */
    voice: NO_VOICE,
    /** The voices that a model's server named last. */
    voices: NO_VOICES,
  },
  {
    voice: (value): value is typeof NO_VOICE => isMap(value, (each) => typeof each === "string"),
    voices: (value): value is typeof NO_VOICES => isMap(value, isTexts),
  },
);

export interface Recording {
  id: number;
  model: string;
  voice: string;
  text: string;
  /** A `blob:` address. */
  src: string;
  blob: Blob;
  extension: string;
}

/** Recordings that are kept. */
const MOST = 12;

export const job = new Job();
export const text = signal("");
export const recordings = signal<readonly Recording[]>([]);
export const voicesLoading = signal(false);
/** Why the voices of the chosen model could not be loaded; empty when they could. */
export const voicesProblem = signal("");
let next = 1;

/** Say the text. Never rejects: see `job.failure`. */
export async function speak(): Promise<void> {
  const model = remembered.speech.peek();
  const input = text.peek();
  if (model === "" || input.trim() === "") return;
  await job.run(async (abort) => {
    const voice = ownOf(prefs.voice.peek(), model) ?? "";
    const format = prefs.format.peek();
    const body = speechBody(model, input, { voice, format, speed: prefs.speed.peek(), instructions: prefs.instructions.peek() });
    const answer = await request("POST", "v1/audio/speech", { body, headers: { ...SESSION, Accept: "audio/*, */*" }, signal: abort });
    const type = answer.headers.get("Content-Type") ?? "";
    if (!isAudio(type)) throw new Error(t.noAudio(type, (await answer.text()).slice(0, 500)));
    const blob = await answer.blob();
    keep({ id: next++, model, voice, text: input, src: URL.createObjectURL(blob), blob, extension: audioExtension(type, format) });
  });
}

export function forget(): void {
  for (const { src } of recordings.peek()) URL.revokeObjectURL(src);
  recordings.value = [];
}

let asking: AbortController | null = null;

/** Ask the model's server for its voices. Never rejects: what was known of them stays, and `voicesProblem` says why. */
export async function loadVoices(model: string): Promise<void> {
  leaveVoices();
  const { signal: over } = (asking = new AbortController());
  voicesLoading.value = true;
  try {
    const names = voicesOf(await ask<unknown>("GET", "v1/audio/voices", { query: { model }, headers: SESSION, signal: over }));
    if (names === null || names.length === 0) throw new Error(t.noVoices);
    prefs.voices.value = { ...prefs.voices.peek(), [model]: names };
  } catch (error) {
    if (!over.aborted) voicesProblem.value = t.voicesFailed(messageOf(error));
  } finally {
    if (!over.aborted) voicesLoading.value = false;
  }
}

/** Wait for no voices any more, as other ones are wanted. */
export function leaveVoices(): void {
  asking?.abort();
  voicesLoading.value = false;
  voicesProblem.value = "";
}

function keep(recording: Recording): void {
  const all = [recording, ...recordings.peek()];
  for (const { src } of all.slice(MOST)) URL.revokeObjectURL(src);
  recordings.value = all.slice(0, MOST);
}

function isMap(value: unknown, good: (each: unknown) => boolean): boolean {
  return isRecord(value) && Object.values(value).every(good);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
