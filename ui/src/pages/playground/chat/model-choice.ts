/** Which model a chat is with: the one in the address, else the one of last time, else the first that is ready, else the first. */

import { computed, effect, signal } from "@preact/signals";
import { ask, asked } from "../../../app/router";
import { stateOf } from "../../../server/state";
import type { ModelState } from "../../../server/types";
import { listed } from "../catalogue";
import type { Listed } from "../choices";
import { remembered } from "../remembered";

/** What models do that are not for a chat. */
const ELSE = ["reranker", "embeddings", "embedding", "audio_speech", "audio_transcriptions", "image_generation", "image_to_image"];

/** The model for somebody who has chosen none; empty when there is none. */
export function firstChoice(all: readonly Listed[], state: (id: string) => ModelState): string {
  const own = all.filter(({ meta }) => (meta?.llamaswap?.type ?? "model") === "model");
  const chatty = own.filter(({ capabilities = {} }) => !ELSE.some((each) => capabilities[each]) || capabilities["vision"]);
  const from = chatty.length > 0 ? chatty : own.length > 0 ? own : all;
  return (from.find(({ id }) => state(id) === "ready") ?? from[0])?.id ?? "";
}

/** It is chosen once: what becomes ready later changes nothing. */
const first = signal("");
effect(() => {
  if (listed.value !== null && first.peek() === "") first.value = firstChoice(listed.value, (id) => stateOf(id));
});

export const model = computed(() => asked("model") || remembered.chat.value || first.value);

export function chooseModel(name: string): void {
  remembered.chat.value = name;
  ask({ model: name });
}

/** The tokens that the context of a model holds; 0 when that is not known. */
export function contextOf(name: string, all: readonly Listed[] | null = listed.value): number {
  const found = all?.find((each) => each.id === name || each.meta?.llamaswap?.aliases?.includes(name));
  return found?.context_length ?? 0;
}
