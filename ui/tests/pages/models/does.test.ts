// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { begin, pending } from "@/pages/models/does";
import { schedule } from "@/server/state";
import type { Schedule } from "@/server/types";

const asked: string[] = [];
const EMPTY: Schedule = { at: 10, models: [], queue: [], waiting: 0, swaps: [], gpus: [], ram: null };
const starting = { ...EMPTY, models: [{ id: "m", state: "starting", failure: null, waiting: 0, stage: "start" }] } as unknown as Schedule;
const ready = { ...EMPTY, at: 11, models: [{ id: "m", state: "ready", failure: null }] } as unknown as Schedule;

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", (url: URL, { method }: RequestInit) => {
    asked.push(`${method} ${url.pathname}${url.search}`);
    return Promise.resolve(Response.json(method === "POST" ? { msg: "ok" } : starting, { status: method === "POST" ? 202 : 200 }));
  });
});
afterEach(() => vi.unstubAllGlobals());

it("follows a load by the events, while no request waits for it", async () => {
  schedule.value = EMPTY;
  const over = begin("m", "M");
  expect(pending.value.has("m")).toBe(true);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  schedule.value = { ...starting, at: 10.5 };
  await Promise.resolve();
  expect(pending.value.has("m")).toBe(true);
  schedule.value = ready;
  await over;
  expect(pending.value.has("m")).toBe(false);
  expect(asked[0]).toMatch(/^POST .*api\/models\/load\/m\?wait=no$/);
  expect(asked).toHaveLength(2);
});

it("does not believe what was told before it was asked", async () => {
  schedule.value = { ...ready, at: 9 };
  const over = begin("m", "M");
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(pending.value.has("m")).toBe(true);
  schedule.value = ready;
  await over;
});
