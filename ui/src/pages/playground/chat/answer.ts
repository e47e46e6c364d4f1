/** An answer as it is gathered from its pieces. Times are ms of one clock, which are handed in. */

import type { Message, Statistics, ToolCall } from "./conversation";
import type { Piece, Told } from "./protocols/protocol";
import { separate } from "./think";

/** What an answer that goes on has already. */
export type Before = Pick<Message, "text" | "reasoning" | "reasonedFor" | "tools" | "statistics">;

const NOTHING: Before = { text: "", reasoning: "", reasonedFor: null, tools: [], statistics: null };

export class Answer {
  private content = "";
  private told: Told = {};
  private reasoned = "";
  private readonly tools: ToolCall[] = [];
  /** Where the call is that the protocol gives a number. */
  private readonly places = new Map<number, number>();
  private first: number | null = null;
  private firstText: number | null = null;
  private latest: number;
  finish = "";
  error = "";
  /** The protocol said that nothing follows. */
  complete = false;

  /** `sent` is when it was asked for; `before` is what an answer that goes on has already. */
  constructor(
    private readonly sent: number,
    private readonly before = NOTHING,
  ) {
    this.latest = sent;
  }

  take(piece: Piece, now: number): void {
    const { text = "", reasoning = "", tools = [], told, finish, error, last } = piece;
    if (text || reasoning || tools.length > 0) {
      this.first ??= now;
      this.latest = now;
    }
    if (text) this.firstText ??= now;
    this.content += text;
    this.reasoned += reasoning;
    for (const call of tools) this.call(call);
    if (told) this.told = { ...this.told, ...told };
    if (finish) this.finish = finish;
    if (error) this.error = error;
    if (last) this.complete = true;
  }

  /** What is known so far, to put into a message. */
  parts(now: number): Pick<Message, "text" | "reasoning" | "reasonedFor" | "tools" | "finish"> {
    const { text, reasoning, thinking } = separate(this.content);
    const all = [this.reasoned, reasoning].filter(Boolean).join("\n\n");
    const over = text !== "" || this.tools.length > 0 || this.complete;
    const lasted = thinking || !over || this.first === null ? null : this.reasoningEnd(reasoning !== "", now) - this.first;
    return {
      text: this.before.text + text,
      reasoning: [this.before.reasoning, all].filter(Boolean).join("\n\n"),
      reasonedFor: all === "" ? this.before.reasonedFor : lasted === null ? null : (this.before.reasonedFor ?? 0) + lasted,
      tools: [...this.before.tools, ...this.tools],
      finish: this.finish,
    };
  }

  /** What it took, with what had been before; that alone when nothing has come. */
  statistics(now: number): Statistics {
    const before = this.before.statistics;
    if (!before) return this.own(now);
    return this.first === null ? before : together(before, this.own(now));
  }

  private own(now: number): Statistics {
    const { promptTokens = null, cachedTokens = null, generatedTokens = null, promptSpeed, generationSpeed } = this.told;
    const firstToken = this.first === null ? null : this.first - this.sent;
    const lasted = this.first === null ? 0 : this.latest - this.first;
    const measured = generationSpeed === undefined;
    return {
      promptTokens,
      cachedTokens,
      generatedTokens,
      promptSpeed: promptSpeed ?? null,
      generationSpeed: generationSpeed ?? (generatedTokens !== null && generatedTokens > 1 && lasted > 0 ? ((generatedTokens - 1) / lasted) * 1000 : null),
      measured,
      firstToken,
      total: now - this.sent,
    };
  }

  private thought: number | null = null;

  /** When the reasoning was over: at the first text, or, inside text, when its end was seen. */
  private reasoningEnd(inText: boolean, now: number): number {
    this.thought ??= inText ? now : (this.firstText ?? now);
    return this.thought;
  }

  private call({ index, id, name, arguments: more = "" }: NonNullable<Piece["tools"]>[number]): void {
    const at = this.places.get(index) ?? this.tools.length;
    this.places.set(index, at);
    const call = this.tools[at] ?? { id: "", name: "", arguments: "" };
    this.tools[at] = { id: id ?? call.id, name: name ?? call.name, arguments: call.arguments + more };
  }
}

/** What an answer took that went on: its first prompt, as what was generated then is part of the next one; the latest speed. */
function together(before: Statistics, more: Statistics): Statistics {
  const { promptTokens, cachedTokens, promptSpeed } = before.promptTokens === null || before.generatedTokens === null ? more : before;
  const { generationSpeed, measured } = more.generationSpeed === null ? before : more;
  const generated = [before.generatedTokens, more.generatedTokens].filter((each) => each !== null);
  return {
    promptTokens,
    cachedTokens,
    promptSpeed,
    generatedTokens: generated.length > 0 ? generated.reduce((sum, each) => sum + each) : null,
    generationSpeed,
    measured,
    firstToken: before.firstToken ?? more.firstToken,
    total: before.total + more.total,
  };
}

/** What share of the context of `size` tokens an answer has left used, 0 to 1; null when that is not known. */
export function contextUsed({ promptTokens, generatedTokens }: Statistics, size: number): number | null {
  if (size <= 0 || promptTokens === null) return null;
  return Math.min(1, (promptTokens + (generatedTokens ?? 0)) / size);
}
