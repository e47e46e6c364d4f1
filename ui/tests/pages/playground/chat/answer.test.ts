import { expect, it } from "vitest";
import { Answer, contextUsed } from "@/pages/playground/chat/answer";

it("gathers text, and what it took", () => {
  const answer = new Answer(1000);
  answer.take({ text: "Hel" }, 1500);
  answer.take({ text: "lo" }, 2500);
  answer.take({ finish: "stop", told: { promptTokens: 10, generatedTokens: 3 } }, 2600);
  answer.take({ last: true }, 2600);
  expect(answer.parts(2600)).toMatchObject({ text: "Hello", reasoning: "", reasonedFor: null, finish: "stop" });
  expect(answer.statistics(2600)).toEqual({ promptTokens: 10, cachedTokens: null, generatedTokens: 3, promptSpeed: null, generationSpeed: 2, measured: true, firstToken: 500, total: 1600 });
});

it("believes the engine's speed", () => {
  const answer = new Answer(0);
  answer.take({ text: "a", told: { generatedTokens: 9, generationSpeed: 40, promptSpeed: 100 } }, 10);
  expect(answer.statistics(20)).toMatchObject({ generationSpeed: 40, promptSpeed: 100, measured: false });
});

it("measures reasoning from its first piece to the first text", () => {
  const answer = new Answer(0);
  answer.take({ reasoning: "Hm" }, 100);
  expect(answer.parts(150)).toMatchObject({ reasoning: "Hm", reasonedFor: null });
  answer.take({ text: "So." }, 400);
  expect(answer.parts(500)).toMatchObject({ text: "So.", reasoning: "Hm", reasonedFor: 300 });
  expect(answer.parts(900).reasonedFor).toBe(300);
});

it("takes think tags for reasoning", () => {
  const answer = new Answer(0);
  answer.take({ text: "<think>Hm" }, 100);
  expect(answer.parts(150)).toMatchObject({ text: "", reasoning: "Hm", reasonedFor: null });
  answer.take({ text: "</think>\n\nSo." }, 400);
  expect(answer.parts(450)).toMatchObject({ text: "So.", reasoning: "Hm", reasonedFor: 350 });
});

it("puts calls of tools together", () => {
  const answer = new Answer(0);
  answer.take({ tools: [{ index: 3, id: "a", name: "f" }] }, 1);
  answer.take({ tools: [{ index: 5, id: "b", name: "g" }, { index: 3, arguments: '{"x"' }] }, 2);
  answer.take({ tools: [{ index: 3, arguments: ":1}" }] }, 3);
  expect(answer.parts(4).tools).toEqual([{ id: "a", name: "f", arguments: '{"x":1}' }, { id: "b", name: "g", arguments: "" }]);
});

it("keeps calls of tools as they were told, however many there are", () => {
  const answer = new Answer(0);
  const numbers = Array.from({ length: 20_000 }, (_, index) => index);
  answer.take({ tools: numbers.map((index) => ({ index, id: `${index}`, arguments: "a" })) }, 1);
  const before = answer.parts(1).tools;
  answer.take({ tools: numbers.map((index) => ({ index, arguments: "b" })) }, 2);
  expect([before[9], before.length]).toEqual([{ id: "9", name: "", arguments: "a" }, 20_000]);
  expect(answer.parts(2).tools.at(-1)).toEqual({ id: "19999", name: "", arguments: "ab" });
});

it("goes on behind what there was", () => {
  const before = new Answer(0);
  before.take({ reasoning: "Hm" }, 100);
  before.take({ text: "Once upon", tools: [{ index: 0, id: "a", name: "f" }] }, 300);
  before.take({ told: { promptTokens: 10, generatedTokens: 5 }, last: true }, 400);
  const message = { ...before.parts(400), statistics: before.statistics(400) };
  const answer = new Answer(1000, message);
  expect(answer.parts(1000)).toMatchObject({ text: "Once upon", reasoning: "Hm", reasonedFor: 200, tools: [{ name: "f" }] });
  expect(answer.statistics(1100)).toEqual(message.statistics);
  answer.take({ text: " a time", tools: [{ index: 0, id: "b", name: "g" }], told: { promptTokens: 15, generatedTokens: 3, generationSpeed: 7 } }, 1200);
  expect(answer.parts(1300)).toMatchObject({ text: "Once upon a time", reasoning: "Hm", reasonedFor: 200, tools: [{ name: "f" }, { name: "g" }] });
  expect(answer.statistics(1300)).toMatchObject({ promptTokens: 10, generatedTokens: 8, generationSpeed: 7, measured: false, firstToken: 100, total: 700 });
});

it("puts what is reasoned when it goes on behind what was", () => {
  const answer = new Answer(0, { text: "", reasoning: "Hm", reasonedFor: 200, tools: [], statistics: null });
  answer.take({ reasoning: "Well" }, 100);
  expect(answer.parts(150)).toMatchObject({ reasoning: "Hm\n\nWell", reasonedFor: null });
  answer.take({ text: "So." }, 400);
  expect(answer.parts(400)).toMatchObject({ reasoning: "Hm\n\nWell", reasonedFor: 500 });
});

it("knows how full the context is, when it can", () => {
  const statistics = new Answer(0).statistics(0);
  expect(contextUsed(statistics, 100)).toBeNull();
  expect(contextUsed({ ...statistics, promptTokens: 30, generatedTokens: 20 }, 100)).toBe(0.5);
  expect(contextUsed({ ...statistics, promptTokens: 30 }, 0)).toBeNull();
});
