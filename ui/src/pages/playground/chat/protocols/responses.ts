/** OpenAI's responses. */

import { errorText, fields, given, number, text, type Fields, type Piece, type Protocol, type Question, type Told, type Turn } from "./protocol";

export const responses: Protocol = {
  path: "v1/responses",

  body({ model, turns, sampling }: Question) {
    return {
      model,
      input: turns.map(item),
      stream: true,
      ...given({
        instructions: sampling.system.trim() ? sampling.system : "",
        temperature: sampling.temperature,
        top_p: sampling.topP,
        max_output_tokens: sampling.maxTokens,
        reasoning: sampling.effort ? { effort: sampling.effort } : undefined,
      }),
    };
  },

  piece(name, data) {
    const type = text(data["type"]) || name;
    const index = number(data["output_index"]) ?? 0;
    switch (type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        return { text: text(data["delta"]) };
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return { reasoning: text(data["delta"]) };
      case "response.output_item.added":
        return added(index, fields(data["item"]));
      case "response.function_call_arguments.delta":
        return { tools: [{ index, arguments: text(data["delta"]) }] };
      case "response.completed":
      case "response.incomplete":
        return { ...ended(fields(data["response"])), last: true };
      case "response.failed":
        return { error: errorText(fields(data["response"])["error"]) || "failed", last: true };
      case "error":
        return { error: errorText(data["error"] ?? data) || "error" };
      default:
        return {};
    }
  },
};

function item({ role, text: said, images }: Turn): unknown {
  const kind = role === "assistant" ? "output_text" : "input_text";
  const pictures = role === "assistant" ? [] : images.map((url) => ({ type: "input_image", image_url: url }));
  return { type: "message", role, content: [...(said || pictures.length === 0 ? [{ type: kind, text: said }] : []), ...pictures] };
}

function added(index: number, made: Fields): Piece {
  if (made["type"] !== "function_call") return {};
  return { tools: [{ index, ...given({ id: text(made["call_id"]), name: text(made["name"]), arguments: text(made["arguments"]) }) }] };
}

function ended(response: Fields): Piece {
  const usage = fields(response["usage"]);
  const told: Told = given({
    promptTokens: number(usage["input_tokens"]),
    cachedTokens: number(fields(usage["input_tokens_details"])["cached_tokens"]),
    generatedTokens: number(usage["output_tokens"]),
  });
  const why = text(fields(response["incomplete_details"])["reason"]);
  return { finish: why || text(response["status"]) || "completed", ...(Object.keys(told).length > 0 ? { told } : {}) };
}
