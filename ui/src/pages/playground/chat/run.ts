/** One answer under way. It belongs to its conversation, not to what is shown: it goes on when one looks elsewhere. */

import { signal, type Signal } from "@preact/signals";
import { begin } from "../../../app/busy";
import { pace } from "../../../parts/markdown/bounds";
import { isAbort, messageOf } from "../../../server/api";
import { PATH } from "../job";
import { Answer } from "./answer";
import type { Message } from "./conversation";
import type { Piece, Protocol } from "./protocols/protocol";
import { streamed } from "./stream";
import { t } from "./words";

export class Run {
  /** The answer as far as it is shown: renewed at most ten times a second. */
  readonly message: Signal<Message>;
  private readonly abort = new AbortController();
  private readonly answer: Answer;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private cost = 0;

  constructor(
    private readonly protocol: Protocol,
    private readonly body: unknown,
    message: Message,
  ) {
    this.message = signal({ ...message, ending: "streaming", error: "" });
    this.answer = new Answer(performance.now(), message);
  }

  /** Ask; resolves to the message as it is in the end. Never rejects. */
  async start(): Promise<Message> {
    const end = begin(PATH);
    let ending: Message["ending"] = "done";
    let error = "";
    try {
      await streamed(this.protocol, this.body, this.abort.signal, (piece) => this.take(piece));
      error = this.answer.error || (this.answer.complete || this.answer.finish ? "" : t.endedEarly);
    } catch (problem) {
      if (isAbort(problem)) ending = "cancelled";
      else error = messageOf(problem);
    }
    clearTimeout(this.timer);
    end();
    const now = performance.now();
    this.message.value = { ...this.now(), ending: error ? "failed" : ending, error, statistics: this.answer.statistics(now) };
    return this.message.value;
  }

  /** End it; what has come stays. */
  cancel(): void {
    this.abort.abort();
  }

  private now(): Message {
    return { ...this.message.peek(), ...this.answer.parts(performance.now()) };
  }

  private take(piece: Piece): void {
    this.answer.take(piece, performance.now());
    this.timer ??= setTimeout(() => this.show(), pace(this.cost));
  }

  private show(): void {
    const before = performance.now();
    this.message.value = this.now();
    this.timer = undefined;
    setTimeout(() => (this.cost = performance.now() - before));
  }
}
