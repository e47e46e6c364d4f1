/** Recording with the microphone, which browsers allow in secure contexts alone. */

import { signal } from "@preact/signals";
import { messageOf } from "../../../server/api";
import { take, problem } from "./state";
import { t } from "./words";

/** Since when it records, ms since the epoch; 0 while it does not. */
export const recordingSince = signal(0);

let recorder: MediaRecorder | null = null;

/** Whether this browser, here, can record. */
export function canRecord(): boolean {
  return window.isSecureContext && "mediaDevices" in navigator && typeof MediaRecorder !== "undefined";
}

/** Begin. Never rejects: where there is no microphone, or it is not allowed, `problem` says so. */
export async function record(): Promise<void> {
  problem.value = "";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    begin(stream);
  } catch (error) {
    problem.value = t.noMicrophone(messageOf(error));
  }
}

/** End; what was recorded is the file to be transcribed. */
export function stop(): void {
  if (recorder?.state === "recording") recorder.stop();
}

function begin(stream: MediaStream): void {
  const pieces: Blob[] = [];
  const made = (recorder = new MediaRecorder(stream));
  made.ondataavailable = ({ data }) => pieces.push(data);
  made.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    recorder = null;
    recordingSince.value = 0;
    const type = made.mimeType.split(";")[0] || "audio/webm";
    take(new File(pieces, `recording.${extensionOf(type)}`, { type }));
  };
  made.start();
  recordingSince.value = Date.now();
}

function extensionOf(type: string): string {
  return { "audio/ogg": "ogg", "audio/mp4": "m4a" }[type] ?? "webm";
}
