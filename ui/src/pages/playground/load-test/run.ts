/** How far each request of a test has come, as the server's events tell it. Times are ms since the test began. */

import { createParser, type EventSourceParser } from "eventsource-parser";
import { answerPiece, splitLoading } from "./pieces";

/** One event of `POST /api/loadtest`. */
export type LoadEvent =
  | { kind: "begin"; i: number; ms: number }
  | { kind: "head"; i: number; ms: number; status: number; type: string }
  | { kind: "chunk"; i: number; ms: number; data: string }
  | { kind: "end"; i: number; ms: number }
  | { kind: "error"; i: number; ms: number; message: string }
  | { kind: "done"; ms: number };

/** What a request does while it is under way. */
export type Phase = "waiting" | "loading" | "reasoning" | "content";
export type State = "queued" | Phase | "done" | "error" | "stopped";

export interface Mark {
  phase: Phase;
  from: number;
}

/** Characters of an answer that are kept. */
const KEPT = 4000;
/** What the server's remarks about loading begin with. */
const OPENING = "\u2500".repeat(3) + "\n";

/** One request. */
export class Asked {
  state: State = "queued";
  begin = 0;
  /** Null until it is over. */
  end: number | null = null;
  status = 0;
  marks: Mark[] = [];
  reasoning = "";
  content = "";
  error = "";
  /** When the first token came; null before. */
  first: number | null = null;
  last = 0;
  tokens = 0;
  /** Tokens a second, as the engine measured them; null when it did not say. */
  speed: number | null = null;
  private pieces = 0;
  private raw = "";
  private stream = false;
  private readonly parser: EventSourceParser;
  private now = 0;

  constructor(
    readonly index: number,
    readonly model: string,
  ) {
    this.parser = createParser({ onEvent: ({ data }) => this.piece(data) });
  }

  get over(): boolean {
    return this.end !== null;
  }

  take(event: Exclude<LoadEvent, { kind: "done" }>): void {
    if (this.over) return;
    this.now = event.ms;
    switch (event.kind) {
      case "begin":
        this.begin = event.ms;
        this.enter("waiting");
        break;
      case "head":
        this.status = event.status;
        this.stream = event.type.includes("text/event-stream");
        break;
      case "chunk":
        if (this.stream && this.status < 400) this.parser.feed(event.data);
        else this.raw = (this.raw + event.data).slice(0, KEPT);
        break;
      case "end":
        this.finish();
        break;
      case "error":
        this.fail(event.message);
    }
  }

  /** The model of a request that waits is being loaded, or is not any more. */
  loads(loading: boolean, ms: number): void {
    if (this.over || this.first !== null) return;
    if (loading && this.state === "waiting") this.enter("loading", ms);
    if (!loading && this.state === "loading") this.enter("waiting", ms);
  }

  /** Nobody waits for it any more. */
  stop(ms: number): void {
    if (this.over) return;
    if (this.state === "queued") this.begin = ms;
    this.state = "stopped";
    this.end = ms;
  }

  private finish(): void {
    if (this.status >= 400) this.fail(errorIn(this.raw) || `${this.status}`);
    else if (this.error === "") {
      if (!this.stream) this.piece(this.raw);
      this.state = "done";
      this.end = this.now;
    } else this.fail(this.error);
  }

  private fail(message: string): void {
    this.error = message;
    this.state = "error";
    this.end = this.now;
  }

  private enter(phase: Phase, ms = this.now): void {
    this.state = phase;
    if (this.marks.at(-1)?.phase !== phase) this.marks.push({ phase, from: ms });
  }

  private piece(data: string): void {
    const { content, reasoning, tokens, speed, error } = answerPiece(data);
    if (error) this.error = error;
    if (tokens !== null) this.tokens = tokens;
    if (speed !== null) this.speed = speed;
    if (reasoning) this.think(reasoning);
    if (content) {
      this.content = (this.content + content).slice(-KEPT);
      this.enter("content");
      this.count(tokens);
    }
  }

  private think(text: string): void {
    this.reasoning += text;
    const { loading, rest } = splitLoading(this.reasoning);
    if (loading && rest === "") {
      this.enter("loading");
      if (this.reasoning.length > 2 * KEPT) this.reasoning = `${OPENING}${this.reasoning.slice(-KEPT)}`;
      return;
    }
    this.enter("reasoning");
    this.count(null);
    if (this.reasoning.length > 2 * KEPT) this.reasoning = this.reasoning.slice(-KEPT);
  }

  /** A token has come; what the engine counts in the end is right, until then so many pieces. */
  private count(told: number | null): void {
    this.first ??= this.now;
    this.last = this.now;
    this.pieces += 1;
    if (told === null) this.tokens = Math.max(this.tokens, this.pieces);
  }
}

/** The largest number of requests that were under way at a time. */
export function peakOf(requests: readonly Asked[], now: number): number {
  const steps = requests
    .filter(({ state }) => state !== "queued")
    .flatMap(({ begin, end }) => [{ at: begin, by: 1 }, { at: end ?? now + 1, by: -1 }])
    .sort((one, other) => one.at - other.at || one.by - other.by);
  let [under, most] = [0, 0];
  for (const { by } of steps) {
    under += by;
    most = Math.max(most, under);
  }
  return most;
}

function errorIn(text: string): string {
  return answerPiece(text).error || text.trim().slice(0, 500);
}
