/** An answer put together from the pieces in which it was streamed, in any of the three protocols of chat. Pure. */

import { field, list } from "./capture";

export interface ToolCall {
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
}

/** What a model has said. */
export interface Answer {
  reasoning: string;
  content: string;
  tools: ToolCall[];
  /** Why it ended; empty when nobody said. */
  finish: string;
  /** What went wrong in the middle of it. */
  error: string;
}

/** The answer in a stream of events; null when there is none in it. */
export function fromEvents(text: string): Answer | null {
  const answer = new Gathering();
  for (const data of dataOf(text)) answer.take(data);
  return answer.result();
}

/** The answer in a whole body; null when there is none in it. */
export function fromWhole(value: unknown): Answer | null {
  const answer = new Gathering();
  answer.whole(value);
  return answer.result();
}

/** The data of each event that is JSON. */
export function dataOf(text: string): unknown[] {
  const events = text.split(/\r?\n\r?\n/).map((event) =>
    event
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).replace(/^ /, ""))
      .join("\n"),
  );
  return events.flatMap((data) => {
    try {
      return data ? [JSON.parse(data) as unknown] : [];
    } catch {
      return [];
    }
  });
}

class Gathering {
  private readonly answer: Answer = { reasoning: "", content: "", tools: [], finish: "", error: "" };
  private readonly tools = new Map<string, ToolCall>();
  private found = false;

  /** One event. */
  take(data: unknown): void {
    const type = field(data, "type");
    if (typeof field(data, "error") === "object" && field(data, "error") !== null) this.failed(field(data, "error"));
    if (Array.isArray(field(data, "choices"))) this.choice(list(field(data, "choices"))[0], "delta");
    else if (typeof type === "string" && type.startsWith("response.")) this.response(type, data);
    else if (typeof type === "string") this.message(type, data);
  }

  /** A body that was not streamed. */
  whole(value: unknown): void {
    if (Array.isArray(field(value, "choices"))) this.choice(list(field(value, "choices"))[0], "message");
    else if (field(value, "type") === "message") for (const [index, block] of list(field(value, "content")).entries()) this.block(index, block);
    else if (field(value, "object") === "response") for (const item of list(field(value, "output"))) this.item(item);
    this.end(field(value, "stop_reason"));
  }

  result(): Answer | null {
    this.answer.tools = [...this.tools.values()];
    return this.found || this.answer.error ? this.answer : null;
  }

  // -- chat completions

  private choice(choice: unknown, name: "delta" | "message"): void {
    const said = field(choice, name);
    this.reason(field(said, "reasoning_content") ?? field(said, "reasoning"));
    this.say(field(said, "content") ?? field(choice, "text"));
    for (const [place, call] of list(field(said, "tool_calls")).entries()) {
      const index = field(call, "index");
      this.call(typeof index === "number" ? index : place, field(field(call, "function"), "name"), field(field(call, "function"), "arguments"));
    }
    this.end(field(choice, "finish_reason"));
  }

  // -- messages

  private message(type: string, data: unknown): void {
    const index = Number(field(data, "index"));
    const delta = field(data, "delta");
    if (type === "content_block_start") this.block(index, field(data, "content_block"));
    if (type === "content_block_delta") {
      this.say(field(delta, "text"));
      this.reason(field(delta, "thinking"));
      if (field(delta, "type") === "input_json_delta") this.call(index, undefined, field(delta, "partial_json"));
    }
    if (type === "message_delta") this.end(field(delta, "stop_reason"));
  }

  private block(index: number, block: unknown): void {
    this.say(field(block, "text"));
    this.reason(field(block, "thinking"));
    if (field(block, "type") !== "tool_use") return;
    const input = field(block, "input");
    const given = typeof input === "object" && input !== null && Object.keys(input).length > 0;
    this.call(index, field(block, "name"), given ? JSON.stringify(input) : "");
  }

  // -- responses

  private response(type: string, data: unknown): void {
    const delta = field(data, "delta");
    if (type === "response.output_text.delta") this.say(delta);
    if (type === "response.reasoning_summary_text.delta" || type === "response.reasoning_text.delta") this.reason(delta);
    const item = field(data, "item");
    if (type === "response.output_item.added" && field(item, "type") === "function_call") this.call(keyOf(field(item, "id")), field(item, "name"), "");
    if (type === "response.function_call_arguments.delta") this.call(keyOf(field(data, "item_id")), undefined, delta);
    if (type === "response.completed" || type === "response.incomplete") this.end(field(field(data, "response"), "status"));
    if (type === "response.failed") this.failed(field(field(data, "response"), "error"));
  }

  private item(item: unknown): void {
    for (const part of [...list(field(item, "content")), ...list(field(item, "summary"))]) {
      if (field(item, "type") === "reasoning") this.reason(field(part, "text"));
      else this.say(field(part, "text"));
    }
    if (field(item, "type") === "function_call") this.call(this.tools.size, field(item, "name"), field(item, "arguments"));
  }

  // -- all of them

  private say(text: unknown): void {
    if (typeof text !== "string") return;
    this.answer.content += text;
    this.found = true;
  }

  private reason(text: unknown): void {
    if (typeof text !== "string") return;
    this.answer.reasoning += text;
    this.found = true;
  }

  private call(key: number | string, name: unknown, more: unknown): void {
    const known = this.tools.get(String(key)) ?? { name: "", arguments: "" };
    if (typeof name === "string") known.name ||= name;
    if (typeof more === "string") known.arguments += more;
    this.tools.set(String(key), known);
    this.found = true;
  }

  private end(why: unknown): void {
    if (typeof why === "string") this.answer.finish = why;
  }

  private failed(error: unknown): void {
    const message = field(error, "message");
    this.answer.error = typeof message === "string" ? message : JSON.stringify(error);
  }
}

/** What tells a call from others; one alone needs nothing. */
function keyOf(id: unknown): string {
  return typeof id === "string" ? id : "";
}
