import { describe, expect, it } from "vitest";
import { segmentsOf, ticksOf } from "../../../src/pages/playground/load-test/bars";
import { toCsv, toJson } from "../../../src/pages/playground/load-test/export";
import { answerPiece, splitLoading } from "../../../src/pages/playground/load-test/pieces";
import { bodyOf, modelsOf, moved } from "../../../src/pages/playground/load-test/plan";
import { Asked, peakOf } from "../../../src/pages/playground/load-test/run";
import { percentiles, summaries, summary } from "../../../src/pages/playground/load-test/stats";

const RULE = "━━━━━";

function said(delta: object, more: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ delta }], ...more })}\n\n`;
}

/** A request that waited until 100, thought at 200, said two pieces at 300 and 400, and ended at 500. */
function answered(index = 0, model = "m", begin = 0): Asked {
  const asked = new Asked(index, model);
  asked.take({ kind: "begin", i: index, ms: begin });
  asked.take({ kind: "head", i: index, ms: begin + 100, status: 200, type: "text/event-stream" });
  asked.take({ kind: "chunk", i: index, ms: begin + 200, data: said({ reasoning_content: "hm" }) });
  asked.take({ kind: "chunk", i: index, ms: begin + 300, data: said({ content: "A " }) });
  const last = said({ content: "story" }) + said({}, { choices: [], usage: { completion_tokens: 21 } }) + "data: [DONE]\n\n";
  asked.take({ kind: "chunk", i: index, ms: begin + 400, data: last.slice(0, 20) });
  asked.take({ kind: "chunk", i: index, ms: begin + 400, data: last.slice(20) });
  asked.take({ kind: "end", i: index, ms: begin + 500 });
  return asked;
}

describe("a plan", () => {
  it("asks the whole queue as often as there are repetitions", () => {
    expect(modelsOf([{ model: "a", times: 2 }, { model: "b", times: 1 }], 2)).toEqual(["a", "a", "b", "a", "a", "b"]);
  });

  it("is what the server is told", () => {
    const body = bodyOf(["a", "b"], { prompt: "p", maxTokens: 9, concurrency: 8, repetitions: 1, ramp: 1.5 });
    expect(body).toMatchObject({ concurrency: 2, ramp: 1.5 });
    expect(JSON.stringify(body)).toContain('{"path":"/v1/chat/completions","body":{"model":"a","messages":[{"role":"user","content":"p"}],"max_tokens":9,"stream":true');
  });

  it("is put in another order", () => {
    expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "c", "b"]);
    const list = ["a"];
    expect(moved(list, 0, 1)).toBe(list);
    expect(moved(list, 5, 0)).toBe(list);
  });
});

describe("a request", () => {
  it("goes through its phases", () => {
    const asked = answered();
    expect(asked.marks).toEqual([{ phase: "waiting", from: 0 }, { phase: "reasoning", from: 200 }, { phase: "content", from: 300 }]);
    expect([asked.state, asked.content, asked.reasoning, asked.tokens, asked.first, asked.end]).toEqual(["done", "A story", "hm", 21, 200, 500]);
    expect(segmentsOf(asked, 999)).toEqual([
      { phase: "waiting", from: 0, to: 200 },
      { phase: "reasoning", from: 200, to: 300 },
      { phase: "content", from: 300, to: 500 },
    ]);
  });

  it("loads while its model does, or while the server's remarks say so", () => {
    const asked = new Asked(0, "m");
    asked.take({ kind: "begin", i: 0, ms: 0 });
    asked.loads(true, 10);
    asked.loads(false, 90);
    expect(asked.marks.map(({ phase }) => phase)).toEqual(["waiting", "loading", "waiting"]);
    const told = new Asked(0, "m");
    told.take({ kind: "begin", i: 0, ms: 0 });
    told.take({ kind: "head", i: 0, ms: 1, status: 200, type: "text/event-stream" });
    told.take({ kind: "chunk", i: 0, ms: 1, data: said({ reasoning_content: `${RULE}\nllama-swap loading model: m\n` }) });
    expect([told.state, told.first]).toEqual(["loading", null]);
    told.take({ kind: "chunk", i: 0, ms: 5, data: said({ reasoning_content: `\nDone! (0.00s)\n${RULE}\n \n` }) });
    told.take({ kind: "chunk", i: 0, ms: 6, data: said({ reasoning_content: "thought" }) });
    expect([told.state, told.first]).toEqual(["reasoning", 6]);
  });

  it("keeps no more of remarks that do not end, and knows their end", () => {
    const asked = new Asked(0, "m");
    asked.take({ kind: "head", i: 0, ms: 1, status: 200, type: "text/event-stream" });
    const say = (text: string): void => asked.take({ kind: "chunk", i: 0, ms: 1, data: said({ reasoning_content: text }) });
    say(`${RULE}\n`);
    for (let at = 0; at < 300; at += 1) say("x".repeat(100));
    expect(asked.reasoning.length).toBeLessThanOrEqual(8000);
    expect(asked.state).toBe("loading");
    say(`\n${RULE}\n`);
    say("thought");
    expect(asked.state).toBe("reasoning");
  });

  it("fails with what the engine says", () => {
    const refused = new Asked(0, "m");
    refused.take({ kind: "begin", i: 0, ms: 0 });
    refused.take({ kind: "head", i: 0, ms: 1, status: 429, type: "application/json" });
    refused.take({ kind: "chunk", i: 0, ms: 1, data: '{"error":{"message":"slow down"}}' });
    refused.take({ kind: "end", i: 0, ms: 2 });
    expect([refused.state, refused.error, refused.status]).toEqual(["error", "slow down", 429]);
    expect(segmentsOf(refused, 9)).toEqual([{ phase: "error", from: 0, to: 2 }]);
    const inside = new Asked(0, "m");
    inside.take({ kind: "head", i: 0, ms: 1, status: 200, type: "text/event-stream" });
    inside.take({ kind: "chunk", i: 0, ms: 1, data: 'data: {"error":{"message":"out of memory"}}\n\n' });
    inside.take({ kind: "end", i: 0, ms: 2 });
    expect([inside.state, inside.error]).toEqual(["error", "out of memory"]);
    const cut = new Asked(0, "m");
    cut.take({ kind: "error", i: 0, ms: 1, message: "the answer broke off" });
    expect([cut.state, cut.error]).toEqual(["error", "the answer broke off"]);
  });

  it("is stopped once, and hears nothing after that", () => {
    const asked = new Asked(0, "m");
    asked.stop(7);
    asked.take({ kind: "begin", i: 0, ms: 9 });
    expect([asked.state, asked.begin, asked.end]).toEqual(["stopped", 7, 7]);
    const done = answered();
    done.stop(900);
    expect([done.state, done.end]).toEqual(["done", 500]);
  });

  it("may be answered whole", () => {
    const asked = new Asked(0, "m");
    asked.take({ kind: "begin", i: 0, ms: 0 });
    asked.take({ kind: "head", i: 0, ms: 1, status: 200, type: "application/json" });
    asked.take({ kind: "chunk", i: 0, ms: 2, data: '{"choices":[{"message":{"content":"hello"}}],"usage":{"completion_tokens":3}}' });
    asked.take({ kind: "end", i: 0, ms: 2 });
    expect([asked.state, asked.content, asked.tokens]).toEqual(["done", "hello", 3]);
  });
});

it("tells remarks about loading from reasoning", () => {
  expect(splitLoading("plain")).toEqual({ loading: "", rest: "plain" });
  const remarks = `${RULE}\nllama-swap loading model: m\n..\nDone! (1.00s)\n${RULE}\n \n`;
  expect(splitLoading(`${remarks}then`)).toEqual({ loading: remarks, rest: "then" });
  expect(answerPiece("[DONE]")).toEqual({ content: "", reasoning: "", tokens: null, speed: null, error: "" });
});

describe("figures", () => {
  it("count how many were under way at a time", () => {
    expect(peakOf([answered(0, "m", 0), answered(1, "m", 100), answered(2, "m", 500)], 2000)).toBe(2);
    expect(peakOf([new Asked(0, "m")], 10)).toBe(0);
  });

  it("tell speeds of each and of all together, and when the first token came", () => {
    const all = summary([answered(0, "m", 0), answered(1, "m", 400)]);
    expect(all).toMatchObject({ requests: 2, errors: 0, tokens: 42, each: 100 });
    expect(all.together).toBeCloseTo((42 / 800) * 1000);
    expect(all.ttft).toEqual({ p50: 200, p95: 200, p99: 200 });
    expect(all.total?.p50).toBe(500);
    expect(summary([new Asked(0, "m")])).toMatchObject({ each: null, together: null, ttft: null, total: null });
  });

  it("believe the engine, which also knows how fast it was when all came at once", () => {
    const asked = answered();
    expect(summary([asked]).each).toBe(100);
    asked.speed = 50;
    expect(summary([asked]).each).toBe(50);
  });

  it("have a line for each of several models", () => {
    expect(summaries([answered(0, "a"), answered(1, "b"), answered(2, "a")]).map(({ model, requests }) => [model, requests])).toEqual([["", 3], ["a", 2], ["b", 1]]);
    expect(summaries([answered(0, "a")]).map(({ model }) => model)).toEqual(["a"]);
  });

  it("interpolate percentiles", () => {
    expect(percentiles([])).toBeNull();
    expect(percentiles([10])).toEqual({ p50: 10, p95: 10, p99: 10 });
    const hundred = percentiles(Array.from({ length: 101 }, (_, at) => at));
    expect(hundred).toEqual({ p50: 50, p95: 95, p99: 99 });
  });
});

it("leaves as a file that no spreadsheet takes for formulas", () => {
  const asked = answered(0, '=1+"x"');
  expect(toCsv([asked]).split("\r\n")[1]).toBe('1,"\'=1+""x""",done,200,0,200,500,21,100,');
  const json = JSON.parse(toJson([asked])) as { requests: { content: string }[]; summaries: unknown[] };
  expect(json.requests[0]?.content).toBe("A story");
  expect(json.summaries).toHaveLength(1);
});

it("puts ticks at round times", () => {
  expect(ticksOf(1000)).toEqual([0, 200, 400, 600, 800, 1000]);
  expect(ticksOf(7300)).toEqual([0, 2000, 4000, 6000]);
});
