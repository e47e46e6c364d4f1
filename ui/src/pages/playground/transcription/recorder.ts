/** Recording with the microphone, which browsers allow in secure contexts alone. */

import { signal } from "@preact/signals";
import { messageOf } from "../../../server/api";
import { take, problem } from "./state";
import { t } from "./words";

/** Since when it records, ms since the epoch; 0 while it does not. */
export const recordingSince = signal(0);

let recorder: MediaRecorder | null = null;
/** The wish to record that the user is asked about; null: none. */
let wish: object | null = null;

/** Whether this browser, here, can record. */
export function canRecord(): boolean {
  return window.isSecureContext && "mediaDevices" in navigator && typeof MediaRecorder !== "undefined";
}

/**
 * Begin, unless it has begun or the user is being asked. Never rejects: where there is no microphone, or it is not allowed,
 * `problem` says so.
 */
export async function record(): Promise<void> {
  if (wish !== null || recorder !== null) return;
  const own = (wish = {});
  problem.value = "";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (wish === own) begin(stream);
    else release(stream);
  } catch (error) {
    if (wish === own) problem.value = t.noMicrophone(messageOf(error));
  } finally {
    if (wish === own) wish = null;
  }
}

/** End; what was recorded is the file to be transcribed. A microphone that is allowed only after this is let go. */
export function stop(): void {
  wish = null;
  if (recorder?.state === "recording") recorder.stop();
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function begin(stream: MediaStream): void {
  const pieces: Blob[] = [];
  const made = recorderFor(stream);
  made.ondataavailable = ({ data }) => pieces.push(data);
  made.onstop = () => {
    release(stream);
    recorder = null;
    recordingSince.value = 0;
    const type = made.mimeType.split(";")[0] || "audio/webm";
    take(new File(pieces, `recording.${extensionOf(type)}`, { type }));
  };
  recorder = made;
  recordingSince.value = Date.now();
}

/** One that records `stream`. Throws where the browser cannot; the microphone is off then. */
function recorderFor(stream: MediaStream): MediaRecorder {
  try {
    const made = new MediaRecorder(stream);
    made.start();
    return made;
  } catch (error) {
    release(stream);
    throw error;
  }
}

function extensionOf(type: string): string {
  return { "audio/ogg": "ogg", "audio/mp4": "m4a" }[type] ?? "webm";
}
