import { describe, expect, it } from "vitest";
import { looksOf, readableOn, segments } from "../../../src/pages/logs/segments";
import { TAIL, goesOn, tailOf } from "../../../src/pages/logs/seam";
import { nameOf, pathOf, sourceOf, sourcesOf } from "../../../src/pages/logs/sources";
import { HISTORY, LogStream, type LogLink, type LogWorld } from "../../../src/pages/logs/stream";
import { ApiError } from "../../../src/server/api";

/** A server that is told what to send, and a clock that stands. */
class FakeWorld implements LogWorld {
  opened = 0;
  refuse: Error | null = null;
  timers: { ms: number; what: () => void }[] = [];
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  open(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    this.opened += 1;
    if (this.refuse) return Promise.reject(this.refuse);
    return Promise.resolve(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.controller = controller;
          signal.addEventListener("abort", () => controller.error(new DOMException("gone", "AbortError")));
        },
      }),
    );
  }

  after(ms: number, what: () => void) {
    const timer = { ms, what };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((each) => each !== timer));
  }

  random() {
    return 0.5;
  }

  async send(text: string) {
    this.controller?.enqueue(new TextEncoder().encode(text));
    await settled();
  }

  async end() {
    this.controller?.close();
    await settled();
  }

  /** Let the timer go off that waits for `ms`, or the latest one. */
  async fire(ms?: number) {
    const timer = ms === undefined ? this.timers.at(-1) : this.timers.find((each) => each.ms === ms);
    this.timers = this.timers.filter((each) => each !== timer);
    timer?.what();
    await settled();
  }
}

async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

async function followed() {
  const world = new FakeWorld();
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
    const { world, told, links } = await followed();
    await world.send("old\n");
    await world.fire(HISTORY);
    await world.send("new\n");
    expect(told).toEqual([["old\n", true], ["new\n", false]]);
    expect(links).toEqual(["connecting", "open"]);
  });
  it("goes on where it was when the stream ends", async () => {
    const { world, told, links, gaps } = await followed();
    await world.send("one\n");
    await world.end();
    expect(links.at(-1)).toBe("waiting");
    await world.fire();
    expect(world.opened).toBe(2);
    await world.send("one\nmeanwhile\n");
    expect(told.length).toBe(1);
    await world.fire(HISTORY);
    await world.send("live\n");
    expect(told.slice(1)).toEqual([["meanwhile\n", false], ["live\n", false]]);
    expect(gaps()).toBe(0);
  });
  it("says where lines may be missing", async () => {
    const { world, told, gaps } = await followed();
    await world.send("one\n");
    await world.end();
    await world.fire();
    await world.send("of another server\n");
    await world.fire(HISTORY);
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
