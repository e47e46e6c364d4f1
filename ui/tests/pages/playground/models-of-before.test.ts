import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forgetLoras, loadLoras, loras } from "@/pages/playground/images/state";
import { remembered } from "@/pages/playground/remembered";
import { leaveVoices, loadVoices, prefs, voicesLoading, voicesProblem } from "@/pages/playground/speech/state";

/** Answers that the test gives, by the model that was asked, even to those who do not listen any more. */
let answers: Map<string, (status: number, body: unknown) => Promise<void>>;
beforeEach(() => {
  answers = new Map();
  const fetch = (url: URL): Promise<Response> =>
    new Promise((resolve) => {
      answers.set(url.searchParams.get("model") ?? "", async (status, body) => {
        resolve(Response.json(body, { status }));
        await new Promise((done) => setTimeout(done));
      });
    });
  vi.stubGlobal("fetch", fetch);
  vi.stubGlobal("document", { baseURI: "http://localhost/ui/" });
});
afterEach(() => vi.unstubAllGlobals());

it("lists no LoRAs of the model that was chosen before", async () => {
  remembered.images.value = "one";
  void loadLoras("one");
  remembered.images.value = "other";
  forgetLoras();
  await answers.get("one")?.(200, [{ name: "pencil" }]);
  expect(loras.value).toBeNull();
  void loadLoras("other");
  await answers.get("other")?.(200, [{ name: "ink" }]);
  expect(loras.value).toEqual([{ name: "ink", path: "ink" }]);
});

it("says nothing of the voices of the model that was chosen before", async () => {
  void loadVoices("one");
  expect(voicesLoading.value).toBe(true);
  leaveVoices();
  expect(voicesLoading.value).toBe(false);
  void loadVoices("other");
  await answers.get("one")?.(500, { error: "no voices here" });
  expect([voicesLoading.value, voicesProblem.value]).toEqual([true, ""]);
  await answers.get("other")?.(200, ["ada"]);
  expect([voicesLoading.value, voicesProblem.value, prefs.voices.value["other"]]).toEqual([false, "", ["ada"]]);
});
