import { expect, it } from "vitest";
import { PROTOCOLS } from "@/pages/playground/chat/protocols";
import type { Piece, Question, Sampling } from "@/pages/playground/chat/protocols/protocol";

const UNSET: Sampling = { system: "", temperature: null, maxTokens: null, topP: null, seed: null, stop: [], effort: "" };
const SET: Sampling = { system: "Be brief.", temperature: 0.2, maxTokens: 100, topP: 0.9, seed: 7, stop: ["END"], effort: "low" };
const PICTURE = "data:image/png;base64,AAAA";

const question = (sampling: Sampling): Question => ({
  model: "alpha",
  turns: [
    { role: "user", text: "What is this?", images: [PICTURE] },
    { role: "assistant", text: "A picture.", images: [] },
    { role: "user", text: "And now?", images: [] },
  ],
  sampling,
});

it("asks for chat completions", () => {
  const { completions } = PROTOCOLS;
  expect(completions.path).toBe("v1/chat/completions");
  expect(completions.body(question(SET))).toEqual({
    model: "alpha",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: PICTURE } }] },
      { role: "assistant", content: "A picture." },
      { role: "user", content: "And now?" },
    ],
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0.2,
    max_tokens: 100,
    top_p: 0.9,
    seed: 7,
    stop: ["END"],
    reasoning_effort: "low",
  });
  expect(Object.keys(completions.body(question(UNSET)))).toEqual(["model", "messages", "stream", "stream_options"]);
});

it("asks for messages", () => {
  const { messages } = PROTOCOLS;
  expect(messages.path).toBe("v1/messages");
  expect(messages.body(question(SET))).toEqual({
    model: "alpha",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          { type: "text", text: "What is this?" },
        ],
      },
      { role: "assistant", content: "A picture." },
      { role: "user", content: "And now?" },
    ],
    stream: true,
    max_tokens: 1124,
    system: "Be brief.",
    temperature: 0.2,
    top_p: 0.9,
    stop_sequences: ["END"],
    thinking: { type: "enabled", budget_tokens: 1024 },
  });
  expect(messages.body(question(UNSET))["max_tokens"]).toBe(4096);
});

it("leaves the whole of an answer beside what a model thinks in messages", () => {
  for (const [effort, budget] of [["low", 1024], ["medium", 4096], ["high", 16384]] as const) {
    const body = PROTOCOLS.messages.body(question({ ...UNSET, maxTokens: 4096, effort }));
    expect(body).toMatchObject({ max_tokens: 4096 + budget, thinking: { budget_tokens: budget } });
  }
});

it("asks for responses", () => {
  const { responses } = PROTOCOLS;
  expect(responses.path).toBe("v1/responses");
  expect(responses.body(question(SET))).toEqual({
    model: "alpha",
    input: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "What is this?" }, { type: "input_image", image_url: PICTURE }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "A picture." }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "And now?" }] },
    ],
    stream: true,
    instructions: "Be brief.",
    temperature: 0.2,
    top_p: 0.9,
    max_output_tokens: 100,
    reasoning: { effort: "low" },
  });
});

const read = (name: keyof typeof PROTOCOLS, data: Record<string, unknown>, event = ""): Piece => PROTOCOLS[name].piece(event, data);
const choice = (delta: object, more: object = {}): Record<string, unknown> => ({ choices: [{ index: 0, delta, ...more }] });

it("reads chat completions", () => {
  expect(read("completions", choice({ content: "a" }))).toMatchObject({ text: "a" });
  expect(read("completions", choice({ reasoning_content: "b" }))).toMatchObject({ reasoning: "b" });
  expect(read("completions", choice({ reasoning: "c" }))).toMatchObject({ reasoning: "c" });
  expect(read("completions", choice({}, { finish_reason: "length" }))).toMatchObject({ finish: "length" });
  expect(read("completions", choice({ tool_calls: [{ index: 1, id: "x", function: { name: "f", arguments: "{" } }] })).tools).toEqual([{ index: 1, id: "x", name: "f", arguments: "{" }]);
  expect(read("completions", { error: { message: "broken" } }).error).toBe("broken");
  expect(read("completions", { error: "broken" }).error).toBe("broken");
});

it("reads usage and the timings of llama.cpp", () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } };
  const timings = { cache_n: 4, prompt_n: 6, prompt_per_second: 100, predicted_n: 5, predicted_per_second: 20 };
  const told = { promptTokens: 10, cachedTokens: 4, generatedTokens: 5, promptSpeed: 100, generationSpeed: 20 };
  expect(read("completions", { choices: [], usage, timings }).told).toEqual(told);
  expect(read("completions", { choices: [], timings }).told).toEqual(told);
  expect(read("completions", { choices: [], usage }).told).toEqual({ promptTokens: 10, cachedTokens: 4, generatedTokens: 5 });
});

it("reads messages", () => {
  expect(read("messages", { type: "message_start", message: { usage: { input_tokens: 6, cache_read_input_tokens: 4 } } }).told).toEqual({ promptTokens: 10, cachedTokens: 4 });
  expect(read("messages", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } })).toEqual({ text: "a" });
  expect(read("messages", { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "b" } })).toEqual({ reasoning: "b" });
  expect(read("messages", { type: "content_block_start", index: 1, content_block: { type: "tool_use", id: "x", name: "f" } })).toEqual({ tools: [{ index: 1, id: "x", name: "f" }] });
  expect(read("messages", { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: "{" } })).toEqual({ tools: [{ index: 1, arguments: "{" }] });
  expect(read("messages", { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } })).toEqual({ finish: "end_turn", told: { generatedTokens: 3 } });
  expect(read("messages", { type: "message_stop" })).toEqual({ last: true });
  expect(read("messages", { error: { message: "broken" } }, "error")).toEqual({ error: "broken" });
  expect(read("messages", { type: "ping" })).toEqual({});
});

it("reads responses", () => {
  expect(read("responses", { type: "response.output_text.delta", delta: "a" })).toEqual({ text: "a" });
  expect(read("responses", { delta: "a" }, "response.output_text.delta")).toEqual({ text: "a" });
  expect(read("responses", { type: "response.reasoning_summary_text.delta", delta: "b" })).toEqual({ reasoning: "b" });
  expect(read("responses", { type: "response.output_item.added", output_index: 2, item: { type: "function_call", call_id: "x", name: "f", arguments: "" } }).tools).toEqual([{ index: 2, id: "x", name: "f" }]);
  const usage = { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 4 } };
  expect(read("responses", { type: "response.completed", response: { status: "completed", usage } })).toEqual({
    last: true,
    finish: "completed",
    told: { promptTokens: 10, cachedTokens: 4, generatedTokens: 5 },
  });
  expect(read("responses", { type: "response.incomplete", response: { incomplete_details: { reason: "max_output_tokens" } } })).toMatchObject({ finish: "max_output_tokens" });
  expect(read("responses", { type: "response.failed", response: { error: { message: "broken" } } })).toMatchObject({ error: "broken", last: true });
  expect(read("responses", { type: "error", message: "broken" })).toEqual({ error: "broken" });
});

it.each(Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[])("takes anything from %s", (name) => {
  for (const strange of [{}, { choices: null }, { choices: [null] }, { choices: [{ delta: 5 }] }, { type: 7 }, { type: "message_start" }, { delta: [] }, { response: "x", type: "response.completed" }]) {
    expect(() => read(name, strange)).not.toThrow();
  }
});
