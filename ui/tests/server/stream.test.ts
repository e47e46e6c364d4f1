import { describe, expect, it } from "vitest";
import { SILENCE, Stream, unpacked, type Link, type World } from "@/server/stream";
import type { Told } from "@/server/types";

/** A world whose answers and clock the test has in its hands. */
class Hands implements World {
  asked: RequestInit[] = [];
  private answer: ((answer: Response) => void) | null = null;
  private fail: ((error: Error) => void) | null = null;
  private timers: { due: number; what: () => void }[] = [];
  private time = 0;

  fetch(_: string, init: RequestInit): Promise<Response> {
    this.asked.push(init);
    init.signal?.addEventListener("abort", () => this.fail?.(new DOMException("aborted", "AbortError")));
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  }
  now(): number {
    return this.time;
  }
  random(): number {
    return 1;
  }
  after(ms: number, what: () => void): () => void {
    const timer = { due: this.time + ms, what };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((each) => each !== timer));
  }
  async pass(ms: number): Promise<void> {
    this.time += ms;
    const due = this.timers.filter((timer) => timer.due <= this.time);
    this.timers = this.timers.filter((timer) => timer.due > this.time);
    for (const { what } of due) what();
    await settled();
  }
  async says(status: number, type = "text/event-stream"): Promise<WritableStreamDefaultWriter<Uint8Array>> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.answer?.(new Response(status === 200 ? readable : null, { status, headers: { "Content-Type": type } }));
    await settled();
    return writable.getWriter();
  }
  async breaks(): Promise<void> {
    this.fail?.(new TypeError("failed to fetch"));
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const event = (id: string, type: string, data: unknown): Uint8Array =>
  new TextEncoder().encode(`id:${id}\nevent:message\ndata:${JSON.stringify({ type, data: JSON.stringify(data) })}\n\n`);

function world(): { hands: Hands; links: Link[]; told: { messages: Told[]; fresh: boolean }[]; stream: Stream } {
  const hands = new Hands();
  const links: Link[] = [];
  const told: { messages: Told[]; fresh: boolean }[] = [];
  const hearer = { link: (link: Link) => links.push(link), told: (messages: Told[], fresh: boolean) => told.push({ messages, fresh }) };
  const stream = new Stream("http://h/api/events", hearer, hands);
  stream.start();
  return { hands, links, told, stream };
}

describe("a stream", () => {
  it("tells what the server says, and that it is everything anew", async () => {
    const { hands, told, links } = world();
    const writer = await hands.says(200);
    await writer.write(event("a-5.1", "profileChanged", { active: "coding" }));
    await writer.write(event("a-6", "activity", { id: 7 }));
    await settled();
    expect(links.at(-1)).toEqual({ is: "open" });
    expect(told.map(({ fresh }) => fresh)).toEqual([true, false]);
    expect(told.flatMap(({ messages }) => messages)).toEqual([
      { type: "profileChanged", data: { active: "coding" } },
      { type: "activity", data: { id: 7 } },
    ]);
  });

  it("connects again, with the last ID, after a wait that grows", async () => {
    const { hands, links } = world();
    const writer = await hands.says(200);
    await writer.write(event("a-6", "activity", { id: 7 }));
    await writer.close();
    await settled();
    expect(links.at(-1)).toMatchObject({ is: "waiting", until: 1000, attempt: 1 });
    await hands.pass(1000);
    expect(hands.asked[1]?.headers).toMatchObject({ "Last-Event-ID": "a-6" });
    await hands.breaks();
    expect(links.at(-1)).toMatchObject({ is: "waiting", until: 3000, attempt: 2 });
  });

  it("takes silence for the end", async () => {
    const { hands, links } = world();
    await hands.says(200);
    await hands.pass(SILENCE - 1);
    expect(links.at(-1)).toEqual({ is: "open" });
    await hands.pass(1);
    expect(hands.asked[0]?.signal?.aborted).toBe(true);
  });

  it("does not ask again where it is refused", async () => {
    const { hands, links } = world();
    await hands.says(401);
    await hands.pass(100_000);
    expect(links.at(-1)).toEqual({ is: "refused" });
    expect(hands.asked).toHaveLength(1);
  });

  it("takes a page for no events, and waits longer each time", async () => {
    const { hands, links } = world();
    await hands.says(200, "text/html");
    await hands.pass(1000);
    await hands.says(200, "text/html");
    expect(links.at(-1)).toMatchObject({ is: "waiting", attempt: 2 });
  });

  it("connects at once when it is told to", async () => {
    const { hands, stream } = world();
    await hands.breaks();
    stream.retry();
    expect(hands.asked).toHaveLength(2);
    stream.retry();
    expect(hands.asked).toHaveLength(2);
  });

  it("ends for good", async () => {
    const { hands, stream } = world();
    stream.stop();
    await settled();
    await hands.pass(100_000);
    expect(hands.asked).toHaveLength(1);
  });
});

it.each(["", "[]", '{"type":"x"}', '{"type":"x","data":"{"}', '{"type":"x","data":1}'])("passes over %s", (text) => expect(unpacked(text)).toBeNull());
