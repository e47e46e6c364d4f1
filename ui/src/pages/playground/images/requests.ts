/** What is asked of image models, in the words of either API, and what their answers hold. */

import { isRecord, parsed } from "../../../lib/json";

export const SIZES = ["512x512", "1024x1024", "1024x768", "768x1024", "1280x720", "720x1280", "1792x1024", "1024x1792"] as const;
/** As stable-diffusion.cpp knows them; empty is the server's own choice. */
export const SAMPLERS = ["", "euler", "euler_a", "heun", "dpm2", "dpm++2s_a", "dpm++2m", "dpm++2mv2", "ipndm", "ipndm_v", "lcm", "ddim_trailing", "tcd"] as const;
export const SCHEDULERS = ["", "discrete", "karras", "exponential", "ays", "gits"] as const;

/** What the OpenAI API is asked; empty texts leave it to the server. */
export interface OpenAiWish {
  size: string;
  n: number;
  quality: string;
  style: string;
  background: string;
  format: string;
}

/** What the API of Stable Diffusion is asked. */
export interface SdapiWish {
  negative: string;
  width: number;
  height: number;
  steps: number;
  cfg: number;
  seed: number;
  batch: number;
  sampler: string;
  scheduler: string;
  strength: number;
}

export interface Lora {
  name: string;
  path: string;
}

export interface ChosenLora extends Lora {
  weight: number;
}

export interface Picture {
  /** A `data:` address; empty for one that is on another server. */
  src: string;
  type: string;
  /** Where it is, when the answer does not hold it. */
  url: string;
  seed: number | null;
}

export function openAiBody(model: string, prompt: string, wish: OpenAiWish): Record<string, unknown> {
  const { size, n, quality, style, background, format } = wish;
  const optional = { quality, style, background, output_format: format };
  return { model, prompt, n, size, ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "")) };
}

/** The same with an image to begin with, as a form. */
export function editForm(model: string, prompt: string, wish: OpenAiWish, image: Blob, mask: Blob | null): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(openAiBody(model, prompt, { ...wish, style: "" }))) form.append(name, String(value));
  form.append("image", image, nameOf(image, "image"));
  if (mask) form.append("mask", mask, nameOf(mask, "mask"));
  return form;
}

export function sdapiBody(model: string, prompt: string, wish: SdapiWish, loras: readonly ChosenLora[]): Record<string, unknown> {
  const { negative, width, height, steps, cfg, seed, batch, sampler, scheduler } = wish;
  return {
    model,
    prompt,
    negative_prompt: negative,
    width,
    height,
    steps,
    cfg_scale: cfg,
    seed,
    batch_size: batch,
    ...(sampler ? { sampler_name: sampler } : {}),
    ...(scheduler ? { scheduler } : {}),
    ...(loras.length > 0 ? { lora: loras.map(({ path, weight }) => ({ path, multiplier: weight })) } : {}),
  };
}

/** What makes an image the beginning; both are base64. */
export function sdapiStart(image: string, mask: string, strength: number): Record<string, unknown> {
  return { init_images: [image], denoising_strength: strength, ...(mask ? { mask } : {}) };
}

/** The pictures of an answer of either API, in their order. */
export function picturesOf(answer: unknown): Picture[] {
  if (!isRecord(answer)) return [];
  if (Array.isArray(answer.images)) {
    const seeds = seedsOf(answer.info);
    return answer.images.filter((each) => typeof each === "string").map((each, at) => inline(each, seeds[at] ?? null));
  }
  const data: unknown[] = Array.isArray(answer.data) ? answer.data : [];
  return data.filter(isRecord).flatMap((each) => {
    const seed = typeof each.seed === "number" ? each.seed : null;
    if (typeof each.b64_json === "string" && each.b64_json) return [inline(each.b64_json, seed)];
    if (typeof each.url !== "string" || !each.url) return [];
    return [each.url.startsWith("data:image/") ? inline(each.url, seed) : { src: "", type: "", url: each.url, seed }];
  });
}

/** The LoRAs that a model's server lists. */
export function lorasOf(answer: unknown): Lora[] {
  const all: unknown[] = Array.isArray(answer) ? answer : [];
  return all.filter(isRecord).flatMap(({ name, path }) => (typeof name === "string" ? [{ name, path: typeof path === "string" ? path : name }] : []));
}

/** The type of a picture, by how its base64 begins. */
export function imageType(base64: string): string {
  const starts: [string, string][] = [["/9j/", "image/jpeg"], ["UklGR", "image/webp"], ["R0lGOD", "image/gif"]];
  return starts.find(([start]) => base64.startsWith(start))?.[1] ?? "image/png";
}

/** What a file of that type is called at its end. */
export function imageExtension(type: string): string {
  return { "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif" }[type] ?? "png";
}

function inline(text: string, seed: number | null): Picture {
  const data = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  const type = imageType(data);
  return { src: `data:${type};base64,${data}`, type, url: "", seed };
}

/** `info` is JSON text with `all_seeds`, or with the `seed` of the first, as others count on from it. */
function seedsOf(info: unknown): number[] {
  const told = typeof info === "string" ? parsed(info) : info;
  if (!isRecord(told)) return [];
  if (Array.isArray(told.all_seeds)) return told.all_seeds.filter((seed) => typeof seed === "number");
  return typeof told.seed === "number" ? [told.seed] : [];
}

function nameOf(blob: Blob, otherwise: string): string {
  return blob instanceof File ? blob.name : otherwise;
}
