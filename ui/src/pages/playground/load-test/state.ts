/** What the load test remembers, and the test that runs or ran last. It goes on when one looks elsewhere. */

import { signal } from "@preact/signals";
import { createParser } from "eventsource-parser";
import { stored } from "../../../lib/stored";
import { request } from "../../../server/api";
import { modelNamed, stateOf } from "../../../server/state";
import { Job } from "../job";
import { SESSION } from "../session-id";
import { MOST_REQUESTS, bodyOf, modelsOf, type Wanted } from "./plan";
import { Asked, type LoadEvent } from "./run";
import { t } from "./words";

export const DEFAULTS = { maxTokens: 256, concurrency: 6, repetitions: 1, ramp: 0 };

interface Prefs extends Record<string, unknown> {
  maxTokens: number;
  concurrency: number;
  repetitions: number;
  ramp: number;
  queue: readonly Wanted[];
}

export const prefs = stored<Prefs>("playground.load", { ...DEFAULTS, queue: [] }, { queue: isQueue }, { follow: false });

/** ms between two looks at what came. */
const PACE = 100;

export const job = new Job();
export const prompt = signal<string>(t.defaultPrompt);
/** The requests whose cards are shown, in their order; the first of them are drawn first. */
export const order = signal<readonly number[]>([]);
/** The test as it was when eyes looked last: its requests, which change meanwhile, and how many ms it had lasted. */
export const seen = signal<{ requests: readonly Asked[]; now: number }>({ requests: [], now: 0 });
/** How many were to be under way at a time. */
export const wanted = signal(0);

/** Run the test that the fields say. Never rejects: see `job.failure`. */
export async function start(): Promise<void> {
  const models = modelsOf(prefs.queue.peek(), prefs.repetitions.peek());
  if (models.length === 0 || models.length > MOST_REQUESTS) return;
  await job.run(async (abort) => {
    const requests = models.map((model, index) => new Asked(index, model));
    order.value = models.map((_, index) => index);
    wanted.value = Math.min(prefs.concurrency.peek(), models.length);
    const plan = {
      prompt: prompt.peek(),
      maxTokens: prefs.maxTokens.peek(),
      concurrency: prefs.concurrency.peek(),
      repetitions: prefs.repetitions.peek(),
      ramp: prefs.ramp.peek(),
    };
    const began = performance.now();
    const elapsed = (): number => performance.now() - began;
    const end = keepUp(requests, elapsed);
    try {
      const answer = await request("POST", "api/loadtest", { body: bodyOf(models, plan), headers: { ...SESSION, Accept: "*/*" }, signal: abort });
      await follow(answer, requests);
    } finally {
      for (const asked of requests) asked.stop(Math.max(elapsed(), asked.begin));
      end();
    }
  });
}

/** Take events until the stream ends. Rejects when it ends too early. */
async function follow(answer: Response, requests: readonly Asked[]): Promise<void> {
  const heard = { done: false };
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = JSON.parse(data) as LoadEvent;
      if (event.kind === "done") heard.done = true;
      else requests[event.i]?.take(event);
    },
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) break;
    parser.feed(read.value);
  }
  if (!heard.done) throw new Error(t.broke);
}

/** Show what comes, and who waits for a model that loads, until the returned function is called. */
function keepUp(requests: readonly Asked[], elapsed: () => number): () => void {
  const look = (): void => {
    for (const asked of requests) asked.loads(isLoading(asked.model), elapsed());
    seen.value = { requests, now: elapsed() };
  };
  look();
  const timer = setInterval(look, PACE);
  return () => {
    clearInterval(timer);
    look();
  };
}

/** Only of a model of this server that is known by name; a selector's choice is not known. */
function isLoading(name: string): boolean {
  return stateOf(modelNamed(name)?.id ?? name) === "starting";
}

function isQueue(value: unknown): value is readonly Wanted[] {
  return Array.isArray(value) && value.every(isWanted);
}

function isWanted(value: unknown): value is Wanted {
  return typeof value === "object" && value !== null && "model" in value && typeof value.model === "string" && "times" in value && typeof value.times === "number";
}
