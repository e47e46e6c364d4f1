import { describe, expect, it } from "vitest";
import { audioExtension, isAudio, speechBody, voicesOf } from "../../../src/pages/playground/speech/rules";
import { extensionFor, refused, timestamp, transcriptOf, transcriptionForm } from "../../../src/pages/playground/transcription/rules";

describe("speech", () => {
  it("knows voices in every shape that servers give them", () => {
    expect(voicesOf(["ada", "grace", "ada"])).toEqual(["ada", "grace"]);
    expect(voicesOf({ voices: ["ada", { id: "grace" }, { voice_id: "joan" }, { name: "kay" }, {}, 7] })).toEqual(["ada", "grace", "joan", "kay"]);
    expect(voicesOf({ error: "x" })).toBeNull();
    expect(voicesOf(null)).toBeNull();
  });

  it("asks for what was chosen only", () => {
    expect(speechBody("m", "hello", { voice: "", speed: 1, format: "", instructions: " " })).toEqual({ model: "m", input: "hello" });
    expect(speechBody("m", "hello", { voice: "ada", speed: 1.5, format: "wav", instructions: "slow" })).toEqual({
      model: "m",
      input: "hello",
      voice: "ada",
      speed: 1.5,
      response_format: "wav",
      instructions: "slow",
    });
  });

  it("names files by what they are, not by what was wished for", () => {
    expect(audioExtension("audio/wav", "mp3")).toBe("wav");
    expect(audioExtension("audio/ogg; codecs=opus", "mp3")).toBe("ogg");
    expect(audioExtension("application/octet-stream", "flac")).toBe("flac");
    expect(audioExtension("", "")).toBe("mp3");
  });

  it("takes no text for audio", () => {
    expect(isAudio("application/json")).toBe(false);
    expect(isAudio("text/html; charset=utf-8")).toBe(false);
    expect(isAudio("audio/L16;rate=24000")).toBe(true);
    expect(isAudio("")).toBe(true);
  });
});

describe("transcription", () => {
  it("takes audio and says why it does not take others", () => {
    const file = (name: string, type = "", size = 1) => refused({ name, type, size });
    for (const name of ["a.mp3", "a.WAV", "a.b.opus", "a.m4a", "a.webm", "a.flac"]) expect(file(name)).toBeNull();
    expect(file("recording", "audio/webm")).toBeNull();
    expect(file("notes.txt", "text/plain")).toBe("audio");
    expect(file("film.mkv", "video/x-matroska")).toBe("audio");
    expect(file("noname")).toBe("audio");
    expect(file("a.mp3", "audio/mpeg", 0)).toBe("empty");
  });

  it("asks for timestamps only where the answer can have them", () => {
    const wish = { language: " en ", prompt: "", format: "verbose_json", words: true, temperature: 0 } as const;
    const form = transcriptionForm("m", new File(["x"], "a.wav"), wish);
    expect(form.get("language")).toBe("en");
    expect(form.getAll("timestamp_granularities[]")).toEqual(["segment", "word"]);
    expect(form.has("prompt")).toBe(false);
    expect(transcriptionForm("m", new File(["x"], "a.wav"), { ...wish, format: "srt" }).has("timestamp_granularities[]")).toBe(false);
  });

  it("reads JSON, timestamps and plain texts", () => {
    expect(transcriptOf('{"text":" hello "}')).toEqual({ text: "hello", segments: [], language: "", duration: 0 });
    const told = transcriptOf('{"text":"a b","language":"en","duration":2.5,"segments":[{"start":0,"end":2.5,"text":" a b"},{"start":"x"}]}');
    expect(told).toEqual({ text: "a b", language: "en", duration: 2.5, segments: [{ start: 0, end: 2.5, text: "a b" }] });
    expect(transcriptOf('{"text":"a","words":[{"word":"a","start":0,"end":1}],"segments":[]}').segments).toEqual([{ start: 0, end: 1, text: "a" }]);
    expect(transcriptOf("1\n00:00 --> 00:01\nhello\n").text).toBe("1\n00:00 --> 00:01\nhello");
  });

  it("writes times and names", () => {
    expect([0, 5.04, 62.55, 3599.96].map(timestamp)).toEqual(["0:00.0", "0:05.0", "1:02.6", "60:00.0"]);
    expect(extensionFor("verbose_json")).toBe("json");
  });
});
