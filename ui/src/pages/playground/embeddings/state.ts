/** What the tab of embeddings holds: texts and their vectors. It goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { stored } from "../../../lib/stored";
import { ask } from "../../../server/api";
import { Job } from "../job";
import { remembered } from "../remembered";
import { SESSION } from "../session-id";
import { embeddedOf, type Embedded } from "./rules";
import { t } from "./words";

export const { dimensions } = stored("playground.embeddings", { dimensions: 0 });

export interface Compared extends Embedded {
  texts: readonly string[];
  model: string;
  ms: number;
}

export const MOST_TEXTS = 16;
export const job = new Job();
export const texts = signal<readonly string[]>(["", ""]);
export const compared = signal<Compared | null>(null);

/** Ask for the vectors of all texts that are not empty. Never rejects: see `job.failure`. */
export async function embed(): Promise<void> {
  const model = remembered.embeddings.peek();
  const input = texts.peek().filter((text) => text.trim() !== "");
  if (model === "" || input.length === 0) return;
  await job.run(async (abort) => {
    const began = performance.now();
    const wanted = dimensions.peek();
    const body = { model, input, encoding_format: "float", ...(wanted > 0 ? { dimensions: wanted } : {}) };
    const found = embeddedOf(await ask<unknown>("POST", "v1/embeddings", { body, headers: SESSION, signal: abort }), input.length);
    if (found === null) throw new Error(t.noVectors);
    compared.value = { ...found, texts: input, model, ms: performance.now() - began };
  });
}
