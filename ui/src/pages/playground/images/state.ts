/** What the tab of images remembers, and what it has drawn. It goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { stored } from "../../../lib/stored";
import { ask } from "../../../server/api";
import { base64Of } from "../../../lib/base64";
import { Job } from "../job";
import { remembered } from "../remembered";
import { SESSION } from "../session-id";
import { editForm, lorasOf, openAiBody, picturesOf, sdapiBody, sdapiStart, type ChosenLora, type Lora, type Picture } from "./requests";
import { t } from "./words";

export const prefs = stored("playground.images", {
  api: "openai",
  size: "1024x1024",
  n: 1,
  quality: "",
  style: "",
  background: "",
  format: "",
  width: 512,
  height: 512,
  steps: 20,
  cfg: 7,
  seed: -1,
  batch: 1,
  sampler: "",
  scheduler: "",
  strength: 0.75,
});

export interface Drawn {
  id: number;
  model: string;
  prompt: string;
  /** Milliseconds that it took. */
  ms: number;
  pictures: readonly Picture[];
}

/** Results that are kept. */
const MOST = 24;

export const job = new Job();
export const prompt = signal("");
export const negative = signal("");
export const source = signal<File | null>(null);
export const mask = signal<File | null>(null);
/** What the model's server lists; null before it was asked. */
export const loras = signal<readonly Lora[] | null>(null);
export const chosenLoras = signal<readonly ChosenLora[]>([]);
/** The latest first. */
export const drawn = signal<readonly Drawn[]>([]);
let next = 1;

/** Draw what the fields say. Never rejects: see `job.failure`. */
export async function draw(): Promise<void> {
  const model = remembered.images.peek();
  const text = prompt.peek();
  if (model === "" || text.trim() === "") return;
  await job.run(async (abort) => {
    const began = performance.now();
    const pictures = picturesOf(await (prefs.api.peek() === "sdapi" ? bySdapi(model, text, abort) : byOpenAi(model, text, abort)));
    if (pictures.length === 0) throw new Error(t.noPicture);
    drawn.value = [{ id: next++, model, prompt: text, ms: performance.now() - began, pictures }, ...drawn.peek()].slice(0, MOST);
  });
}

/** List the LoRAs of `model`, unless another is chosen meanwhile. Rejects with an `ApiError`. */
export async function loadLoras(model: string): Promise<void> {
  const found = lorasOf(await ask<unknown>("GET", "sdapi/v1/loras", { query: { model }, headers: SESSION }));
  if (remembered.images.peek() === model) loras.value = found;
}

/** Other models have other LoRAs. */
export function forgetLoras(): void {
  loras.value = null;
  chosenLoras.value = [];
}

function byOpenAi(model: string, text: string, abort: AbortSignal): Promise<unknown> {
  const wish = {
    size: prefs.size.peek(),
    n: prefs.n.peek(),
    quality: prefs.quality.peek(),
    style: prefs.style.peek(),
    background: prefs.background.peek(),
    format: prefs.format.peek(),
  };
  const image = source.peek();
  const [path, body] = image
    ? ["v1/images/edits", editForm(model, text, wish, image, mask.peek())]
    : ["v1/images/generations", openAiBody(model, text, wish)];
  return ask("POST", path, { body, headers: SESSION, signal: abort });
}

async function bySdapi(model: string, text: string, abort: AbortSignal): Promise<unknown> {
  const wish = {
    negative: negative.peek(),
    width: prefs.width.peek(),
    height: prefs.height.peek(),
    steps: prefs.steps.peek(),
    cfg: prefs.cfg.peek(),
    seed: prefs.seed.peek(),
    batch: prefs.batch.peek(),
    sampler: prefs.sampler.peek(),
    scheduler: prefs.scheduler.peek(),
    strength: prefs.strength.peek(),
  };
  const body = sdapiBody(model, text, wish, chosenLoras.peek());
  const [image, over] = [source.peek(), mask.peek()];
  if (!image) return ask("POST", "sdapi/v1/txt2img", { body, headers: SESSION, signal: abort });
  const start = sdapiStart(await base64Of(image), over ? await base64Of(over) : "", wish.strength);
  return ask("POST", "sdapi/v1/img2img", { body: { ...body, ...start }, headers: SESSION, signal: abort });
}
