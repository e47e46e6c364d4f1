/** OpenAI's chat completions. */

import { errorText, fields, given, list, number, text, type Fields, type Piece, type Protocol, type Question, type Told, type Turn } from "./protocol";

export const completions: Protocol = {
  path: "v1/chat/completions",

  body({ model, turns, sampling }: Question) {
    const system = sampling.system.trim() ? [{ role: "system", content: sampling.system }] : [];
    return {
      model,
      messages: [...system, ...turns.map(message)],
      stream: true,
      stream_options: { include_usage: true },
      ...given({
        temperature: sampling.temperature,
        max_tokens: sampling.maxTokens,
        top_p: sampling.topP,
        seed: sampling.seed,
        stop: sampling.stop,
        reasoning_effort: sampling.effort,
      }),
    };
  },

  piece(_, data) {
    const choice = fields(list(data["choices"])[0]);
    const delta = fields(choice["delta"]);
    const piece: Piece = { text: text(delta["content"]), reasoning: text(delta["reasoning_content"]) || text(delta["reasoning"]) };
    const tools = list(delta["tool_calls"]).map(tool);
    const told = toldBy(data);
    if (tools.length > 0) piece.tools = tools;
    if (told) piece.told = told;
    if (text(choice["finish_reason"])) piece.finish = text(choice["finish_reason"]);
    if (data["error"] !== undefined && data["error"] !== null) piece.error = errorText(data["error"]) || JSON.stringify(data["error"]);
    return piece;
  },
};

function message({ role, text: said, images }: Turn): unknown {
  if (images.length === 0) return { role, content: said };
  const parts = images.map((url) => ({ type: "image_url", image_url: { url } }));
  return { role, content: [...(said ? [{ type: "text", text: said }] : []), ...parts] };
}

function tool(value: unknown, at: number): NonNullable<Piece["tools"]>[number] {
  const call = fields(value);
  const named = fields(call["function"]);
  return { index: number(call["index"]) ?? at, ...given({ id: text(call["id"]), name: text(named["name"]), arguments: text(named["arguments"]) }) };
}

/** OpenAI's usage, and the timings of llama.cpp. */
function toldBy(data: Fields): Told | undefined {
  const usage = fields(data["usage"]);
  const timings = fields(data["timings"]);
  const cached = number(fields(usage["prompt_tokens_details"])["cached_tokens"]) ?? number(timings["cache_n"]);
  const fresh = number(timings["prompt_n"]);
  const told: Told = given({
    promptTokens: number(usage["prompt_tokens"]) ?? (fresh === undefined ? undefined : fresh + (cached ?? 0)),
    cachedTokens: cached,
    generatedTokens: number(usage["completion_tokens"]) ?? number(timings["predicted_n"]),
    promptSpeed: number(timings["prompt_per_second"]),
    generationSpeed: number(timings["predicted_per_second"]),
  });
  return Object.keys(told).length > 0 ? told : undefined;
}
