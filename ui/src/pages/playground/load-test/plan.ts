/** Which requests a test consists of, and in which order. */

export const MOST_REQUESTS = 256;
export const MOST_AT_ONCE = 64;

export interface Wanted {
  model: string;
  /** How many times in each repetition. */
  times: number;
}

export interface Plan {
  prompt: string;
  maxTokens: number;
  concurrency: number;
  repetitions: number;
  ramp: number;
}

/** The models that are asked, request after request: all of the queue, as often as there are repetitions. */
export function modelsOf(queue: readonly Wanted[], repetitions: number): string[] {
  const once = queue.flatMap(({ model, times }) => Array.from({ length: times }, () => model));
  return Array.from({ length: repetitions }, () => once).flat();
}

/** The body of `POST /api/loadtest`. */
export function bodyOf(models: readonly string[], { prompt, maxTokens, concurrency, ramp }: Plan): Record<string, unknown> {
  const requests = models.map((model) => ({
    path: "/v1/chat/completions",
    body: { model, messages: [{ role: "user", content: prompt }], max_tokens: maxTokens, stream: true, stream_options: { include_usage: true } },
  }));
  return { requests, concurrency: Math.min(concurrency, models.length), ramp };
}

/** `list` with what stands at `from` moved to `to`; the same where that is no place in it. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length || from === to) return list;
  const rest = list.filter((_, at) => at !== from);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
