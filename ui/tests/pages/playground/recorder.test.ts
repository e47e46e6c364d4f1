import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { record, recordingSince, stop } from "@/pages/playground/transcription/recorder";
import { file, problem } from "@/pages/playground/transcription/state";

/** A microphone that is on until its tracks are stopped. */
class Microphone {
  on = true;
  getTracks = () => [{ stop: () => (this.on = false) }];
}

class Recorder {
  state = "inactive";
  mimeType = "audio/webm;codecs=opus";
  ondataavailable: (event: { data: Blob }) => void = () => undefined;
  onstop: () => void = () => undefined;

  start(): void {
    this.state = "recording";
  }
  stop(): void {
    this.state = "inactive";
    this.ondataavailable({ data: new Blob(["sound"]) });
    this.onstop();
  }
}

/** The questions of the browser whether the microphone may be used. */
let prompts: { allow: (microphone: Microphone) => void; refuse: (why: Error) => void }[];
beforeEach(() => {
  prompts = [];
  const getUserMedia = (): Promise<Microphone> => new Promise((allow, refuse) => prompts.push({ allow, refuse }));
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  vi.stubGlobal("MediaRecorder", Recorder);
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

it("records what is the file then", async () => {
  const begun = record();
  const microphone = new Microphone();
  prompts[0]?.allow(microphone);
  await begun;
  expect([microphone.on, recordingSince.value > 0]).toEqual([true, true]);
  stop();
  expect([microphone.on, recordingSince.value, file.value?.name]).toEqual([false, 0, "recording.webm"]);
});

it("asks once, and begins once", async () => {
  const begun = record();
  await record();
  expect(prompts.length).toBe(1);
  prompts[0]?.allow(new Microphone());
  await begun;
  await record();
  expect(prompts.length).toBe(1);
});

it("lets a microphone go that nobody wants any more, and begins again with another", async () => {
  const [late, wanted] = [new Microphone(), new Microphone()];
  const left = record();
  stop();
  const again = record();
  prompts[0]?.allow(late);
  await left;
  expect([late.on, recordingSince.value]).toEqual([false, 0]);
  prompts[1]?.allow(wanted);
  await again;
  expect([wanted.on, recordingSince.value > 0]).toEqual([true, true]);
});

it("says why there is none, to those who still want one", async () => {
  const begun = record();
  prompts[0]?.refuse(new Error("denied"));
  await begun;
  expect(problem.value).toContain("denied");
  const left = record();
  stop();
  prompts[1]?.refuse(new Error("denied"));
  await left;
  expect(problem.value).toBe("");
});

it("leaves no microphone on that cannot be recorded", async () => {
  const microphone = new Microphone();
  const broken = class extends Recorder {
    override start(): void {
      throw new Error("not supported");
    }
  };
  vi.stubGlobal("MediaRecorder", broken);
  const begun = record();
  prompts[0]?.allow(microphone);
  await begun;
  expect([microphone.on, problem.value.includes("not supported")]).toEqual([false, true]);
});
