/** Anthropic's messages. */

import { errorText, fields, given, number, text, type Fields, type Piece, type Protocol, type Question, type Told, type Turn } from "./protocol";

/** The protocol wants a number of tokens always. */
const MOST_TOKENS = 4096;
const BUDGETS: Readonly<Record<string, number>> = { low: 1024, medium: 4096, high: 16384 };

export const messages: Protocol = {
  path: "v1/messages",

  body({ model, turns, sampling }: Question) {
    const budget = BUDGETS[sampling.effort];
    return {
      model,
      messages: turns.map(message),
      stream: true,
      max_tokens: (sampling.maxTokens ?? MOST_TOKENS) + (budget ?? 0), // thinking counts, and has to leave room for the answer
      ...given({
        system: sampling.system.trim() ? sampling.system : "",
        temperature: sampling.temperature,
        top_p: sampling.topP,
        stop_sequences: sampling.stop,
        thinking: budget ? { type: "enabled", budget_tokens: budget } : undefined,
      }),
    };
  },

  piece(name, data) {
    const type = text(data["type"]) || name;
    const delta = fields(data["delta"]);
    switch (type) {
      case "message_start":
        return told(fields(fields(data["message"])["usage"]));
      case "content_block_start":
        return started(number(data["index"]) ?? 0, fields(data["content_block"]));
      case "content_block_delta":
        return part(number(data["index"]) ?? 0, delta);
      case "message_delta":
        return { ...told(fields(data["usage"])), ...given({ finish: text(delta["stop_reason"]) }) };
      case "message_stop":
        return { last: true };
      case "error":
        return { error: errorText(data["error"] ?? data) || "error" };
      default:
        return {};
    }
  },
};

function message({ role, text: said, images }: Turn): unknown {
  if (images.length === 0 || role === "assistant") return { role, content: said };
  const parts = images.map((url) => {
    const [head = "", data = ""] = url.split(",", 2);
    return { type: "image", source: { type: "base64", media_type: /^data:([^;]+)/.exec(head)?.[1] ?? "image/png", data } };
  });
  return { role, content: [...parts, ...(said ? [{ type: "text", text: said }] : [])] };
}

function started(index: number, block: Fields): Piece {
  if (block["type"] !== "tool_use") return given({ text: text(block["text"]), reasoning: text(block["thinking"]) });
  return { tools: [{ index, ...given({ id: text(block["id"]), name: text(block["name"]) }) }] };
}

function part(index: number, delta: Fields): Piece {
  if (delta["type"] === "input_json_delta") return { tools: [{ index, arguments: text(delta["partial_json"]) }] };
  return given({ text: text(delta["text"]), reasoning: text(delta["thinking"]) });
}

function told(usage: Fields): Piece {
  const cached = number(usage["cache_read_input_tokens"]);
  const fresh = number(usage["input_tokens"]);
  const written = number(usage["cache_creation_input_tokens"]) ?? 0;
  const found: Told = given({
    promptTokens: fresh === undefined ? undefined : fresh + written + (cached ?? 0),
    cachedTokens: cached,
    generatedTokens: number(usage["output_tokens"]),
  });
  return Object.keys(found).length > 0 ? { told: found } : {};
}
