import { describe, expect, it } from "vitest";
import { dataOf, fromEvents, fromWhole } from "@/pages/activity/assembled";

const stream = (...events: unknown[]): string => events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
const delta = (part: unknown, finish: string | null = null): unknown => ({ choices: [{ index: 0, delta: part, finish_reason: finish }] });

describe("events", () => {
  it("are read with any line ends, and several lines of data", () => expect(dataOf('event: a\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: ping\n\ndata: [DONE]\n\ndata:2')).toEqual([{ a: 1 }, 2]));
});

describe("chat completions", () => {
  it("are joined: reasoning, content, calls in pieces", () => {
    const text = stream(
      delta({ role: "assistant", content: null }), delta({ reasoning_content: "Hm" }), delta({ reasoning: ", well" }), delta({ content: "Let " }), delta({ content: "me." }),
      delta({ tool_calls: [{ index: 0, id: "c1", function: { name: "weather", arguments: '{"ci' } }] }), delta({ tool_calls: [{ index: 0, function: { arguments: 'ty":1}' } }] }),
      delta({ tool_calls: [{ index: 1, function: { name: "time", arguments: "{}" } }] }), delta({}, "tool_calls"), { choices: [], usage: {} }, "[DONE]",
    );
    expect(fromEvents(text)).toEqual({
      reasoning: "Hm, well", content: "Let me.", tools: [{ name: "weather", arguments: '{"city":1}' }, { name: "time", arguments: "{}" }], finish: "tool_calls", error: "",
    });
  });
  it("show what went wrong in the middle", () => expect(fromEvents(stream(delta({ content: "It" }), { error: { message: "lost" } }))).toMatchObject({ content: "It", error: "lost" }));
  it("are read whole as well", () => {
    const message = { content: "Hi", reasoning_content: "Hm", tool_calls: [{ function: { name: "f", arguments: "{}" } }] };
    expect(fromWhole({ choices: [{ message, finish_reason: "stop" }] })).toEqual({ reasoning: "Hm", content: "Hi", tools: [{ name: "f", arguments: "{}" }], finish: "stop", error: "" });
  });
});

describe("messages", () => {
  it("are joined: thinking, text, tools", () => {
    const text = stream(
      { type: "message_start", message: { content: [] } }, { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm" } }, { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Hi" } }, { type: "content_block_start", index: 2, content_block: { type: "tool_use", id: "t", name: "f", input: {} } },
      { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"a"' } }, { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: ":1}" } },
      { type: "message_delta", delta: { stop_reason: "tool_use" } }, { type: "message_stop" },
    );
    expect(fromEvents(text)).toEqual({ reasoning: "Hm", content: "Hi", tools: [{ name: "f", arguments: '{"a":1}' }], finish: "tool_use", error: "" });
  });
  it("may fail", () => expect(fromEvents(stream({ type: "error", error: { type: "overloaded", message: "too much" } }))).toMatchObject({ error: "too much" }));
  it("are read whole as well", () => {
    const content = [{ type: "thinking", thinking: "Hm" }, { type: "text", text: "Hi" }, { type: "tool_use", name: "f", input: { a: 1 } }];
    expect(fromWhole({ type: "message", content, stop_reason: "end_turn" })).toEqual({ reasoning: "Hm", content: "Hi", tools: [{ name: "f", arguments: '{"a":1}' }], finish: "end_turn", error: "" });
  });
});

describe("responses", () => {
  it("are joined: reasoning, text, calls", () => {
    const text = stream(
      { type: "response.created", response: { error: null } }, { type: "response.reasoning_summary_text.delta", delta: "Hm" }, { type: "response.output_text.delta", delta: "Hi" },
      { type: "response.output_item.added", item: { type: "function_call", id: "i1", name: "f" } }, { type: "response.function_call_arguments.delta", item_id: "i1", delta: '{"a":1}' },
      { type: "response.completed", response: { status: "completed", error: null } },
    );
    expect(fromEvents(text)).toEqual({ reasoning: "Hm", content: "Hi", tools: [{ name: "f", arguments: '{"a":1}' }], finish: "completed", error: "" });
  });
  it("may fail", () => expect(fromEvents(stream({ type: "response.failed", response: { error: { message: "no" } } }))).toMatchObject({ error: "no" }));
  it("are read whole as well", () => {
    const output = [
      { type: "reasoning", summary: [{ text: "Hm" }] }, { type: "message", content: [{ type: "output_text", text: "Hi" }] }, { type: "function_call", name: "f", arguments: "{}" },
    ];
    expect(fromWhole({ object: "response", output })).toEqual({ reasoning: "Hm", content: "Hi", tools: [{ name: "f", arguments: "{}" }], finish: "", error: "" });
  });
});

it.each([["nothing"], [""], ["data: {}\n\n"], ["data: [1,2]\n\ndata: null\n\n"], ["data: {"]])("%j is no answer", (text) => expect(fromEvents(text)).toBeNull());
it("is no answer in other JSON", () => expect([fromWhole({ data: [] }), fromWhole(null), fromWhole([1])]).toEqual([null, null, null]));
