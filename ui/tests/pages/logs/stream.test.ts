import { describe, expect, it } from "vitest";
import { looksOf, readableOn, segments } from "../../../src/pages/logs/segments";
import { TAIL, goesOn, tailOf } from "../../../src/pages/logs/seam";
import { nameOf, pathOf, sourceOf, sourcesOf } from "../../../src/pages/logs/sources";
import { LogStream, type LogLink, type LogWorld, type Opened } from "../../../src/pages/logs/stream";
import { ApiError } from "../../../src/server/api";

/** A server that is told what to send, and a clock that stands. */
class FakeWorld implements LogWorld {
  opened = 0;
  refuse: Error | null = null;
  /** Bytes of history of the next stream. */
  history = 0;
  timers: { ms: number; what: () => void }[] = [];
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  open(signal: AbortSignal): Promise<Opened> {
    this.opened += 1;
    if (this.refuse) return Promise.reject(this.refuse);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
        signal.addEventListener("abort", () => controller.error(new DOMException("gone", "AbortError")));
      },
    });
    return Promise.resolve({ body, history: this.history });
  }

  after(ms: number, what: () => void) {
    const timer = { ms, what };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((each) => each !== timer));
  }

  random() {
    return 0.5;
  }

  async send(text: string | Uint8Array) {
    this.controller?.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
    await settled();
  }

  async end() {
    this.controller?.close();
    await settled();
  }

  /** Let the latest timer go off. */
  async fire() {
    this.timers.pop()?.what();
    await settled();
  }
}

async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

async function followed(history = 0) {
  const world = new FakeWorld();
  world.history = history;
  const told: [string, boolean][] = [];
  const links: LogLink["is"][] = [];
  let gaps = 0;
  const stream = new LogStream(
    { text: (text, history) => void told.push([text, history]), gap: () => void (gaps += 1), link: ({ is }) => void links.push(is) },
    world,
  );
  stream.start();
  await settled();
  return { world, stream, told, links, gaps: () => gaps };
}

describe("LogStream", () => {
  it("tells history, then what is written", async () => {
    const { world, told, links } = await followed(4);
    await world.send("old\nnew\n");
    expect(told).toEqual([["old\n", true], ["new\n", false]]);
    expect(links).toEqual(["connecting", "open"]);
  });
  it("is open when its history is over, not before", async () => {
    const { world, links } = await followed(8);
    await world.send("one\n");
    expect(links).toEqual(["connecting"]);
    await world.send("two\nnew\n");
    expect(links).toEqual(["connecting", "open"]);
    expect((await followed()).links).toEqual(["connecting", "open"]);
  });
  it("goes on where it was when the stream ends, however slowly the history comes", async () => {
    const { world, told, links, gaps } = await followed();
    await world.send("one\n");
    await world.end();
    expect(links.at(-1)).toBe("waiting");
    world.history = 14;
    await world.fire();
    expect(world.opened).toBe(2);
    await world.send("one\nmean");
    expect(told.length).toBe(1);
    await world.send("while\nlive\n");
    expect(told.slice(1)).toEqual([["meanwhile\n", false], ["live\n", false]]);
    expect(gaps()).toBe(0);
  });
  it("waits for the next stream when one ends within its history", async () => {
    const { world, told, gaps } = await followed();
    await world.send("one\ntwo\n");
    world.history = 8;
    await world.end();
    await world.fire();
    await world.send("one\n");
    await world.end();
    await world.fire();
    await world.send("one\ntwo\nlive\n");
    expect(told).toEqual([["one\ntwo\n", false], ["live\n", false]]);
    expect(gaps()).toBe(0);
  });
  it("reads a letter that stands across the end of the history", async () => {
    const { world, told } = await followed(1);
    await world.send(new TextEncoder().encode("ä\n"));
    expect(told.map(([text]) => text).join("")).toBe("ä\n");
  });
  it("goes on without doubled lines after it was stopped for a while", async () => {
    const { world, stream, told, gaps } = await followed();
    await world.send("one\n");
    stream.stop();
    world.history = 8;
    stream.restart();
    await settled();
    await world.send("one\ntwo\n");
    expect(told).toEqual([["one\n", false], ["two\n", false]]);
    expect(gaps()).toBe(0);
  });
  it("says where lines may be missing", async () => {
    const { world, told, gaps } = await followed();
    await world.send("one\n");
    await world.end();
    world.history = 18;
    await world.fire();
    await world.send("of another server\n");
    expect(gaps()).toBe(1);
    expect(told.at(-1)).toEqual(["of another server\n", true]);
  });
  it("does not ask again for what is refused", async () => {
    const world = new FakeWorld();
    world.refuse = new ApiError(400, "invalid logger");
    const links: LogLink[] = [];
    new LogStream({ text: () => undefined, gap: () => undefined, link: (link) => void links.push(link) }, world).start();
    await settled();
    expect(links.at(-1)).toEqual({ is: "refused", why: "invalid logger" });
    expect(world.timers).toEqual([]);
  });
  it("leaves nothing behind when it is stopped", async () => {
    const { world, stream, told } = await followed();
    await world.send("one\n");
    stream.stop();
    await settled();
    expect([world.timers, told.length, world.opened]).toEqual([[], 1, 1]);
  });
});

describe("goesOn", () => {
  it("is what comes after the end of what is known", () => {
    expect(goesOn("b\nc\n", "a\nb\nc\nd\n")).toBe("d\n");
    expect(goesOn("x\n", "a\nb\n")).toBeNull();
    expect(goesOn("", "a\n")).toBe("a\n");
    expect(tailOf("a".repeat(TAIL), "bc").length).toBe(TAIL);
  });
});

describe("segments", () => {
  const style = { fore: 1, bold: true } as const;
  it("cuts a line where looks and matches begin and end", () => {
    expect(segments({ text: "an error here", spans: [{ from: 3, to: 8, style }] }, [6, 10])).toEqual([
      { text: "an ", style: null, hit: false },
      { text: "err", style, hit: false },
      { text: "or", style, hit: true },
      { text: " h", style: null, hit: true },
      { text: "ere", style: null, hit: false },
    ]);
    expect(segments({ text: "", spans: [] }, [])).toEqual([]);
    expect(segments({ text: "x", spans: [] }, [])).toEqual([{ text: "x", style: null, hit: false }]);
  });
  it("names looks, and lets letters be read on any ground", () => {
    expect(looksOf(style, true)).toEqual({ class: "log-hit ansi-fore-1 ansi-bold", style: {} });
    expect(looksOf({ inverse: true }, false).class).toBe("ansi-filled");
    expect(looksOf({ inverse: true, fore: 2 }, false).class).toBe("ansi-back-2");
    expect(looksOf({ back: "rgb(250,250,0)", fore: 3 }, false).style).toEqual({ background: "rgb(250,250,0)", color: "black" });
    expect(readableOn("rgb(10,20,120)")).toBe("white");
    expect(looksOf({ fore: "rgb(1,2,3)" }, false).style["color"]).toContain("from rgb(1,2,3)");
  });
});

describe("sources", () => {
  it("are named by the address, whatever models are called", () => {
    for (const text of ["all", "proxy", "upstream", "model:org/x y", "model:proxy"]) {
      const source = sourceOf(text);
      expect(source && nameOf(source)).toBe(text);
    }
    expect([sourceOf(""), sourceOf("model:"), sourceOf("x")]).toEqual([null, null, null]);
    expect([pathOf({ is: "all" }), pathOf({ is: "proxy" }), pathOf({ is: "model", id: "a/b" })]).toEqual(["", "proxy", "a/b"]);
  });
  it("are two at first, and what the address says then", () => {
    expect(sourcesOf("", "", true)).toEqual([{ is: "proxy" }, { is: "upstream" }]);
    expect(sourcesOf("", "", false)).toEqual([{ is: "all" }]);
    expect(sourcesOf("proxy", "none", true)).toEqual([{ is: "proxy" }]);
    expect(sourcesOf("all", "model:x", false)).toEqual([{ is: "all" }, { is: "model", id: "x" }]);
  });
});
