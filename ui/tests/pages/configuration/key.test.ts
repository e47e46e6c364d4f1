import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { askWithKey, forget, REST, unlock, unlocked } from "@/pages/configuration/key";
import { session } from "@/server/session";

let shown: (string | null)[] = [];
let status = 200;

beforeEach(() => {
  vi.useFakeTimers();
  [shown, status] = [[], 200];
  vi.stubGlobal("document", { baseURI: "http://localhost/ui/" });
  vi.stubGlobal("fetch", (_url: URL, { headers }: RequestInit) => {
    shown.push(new Headers(headers).get("x-api-key"));
    return Promise.resolve(Response.json({}, { status }));
  });
});
afterEach(() => {
  forget();
  session.value = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const read = () => askWithKey("GET", "api/config/files/a", {});

it("shows the key with each question once it was found good", async () => {
  expect(unlocked.value).toBe(false);
  await unlock("sk-admin");
  await read();
  expect([unlocked.value, shown]).toEqual([true, ["sk-admin", "sk-admin"]]);
});

it("keeps none that is wrong", async () => {
  status = 401;
  await expect(unlock("wrong")).rejects.toThrow();
  status = 200;
  await read();
  expect([unlocked.value, shown]).toEqual([false, ["wrong", null]]);
});

it("forgets one that the server has stopped to know, but not for another refusal", async () => {
  await unlock("sk-admin");
  status = 409;
  await expect(read()).rejects.toThrow();
  expect(unlocked.value).toBe(true);
  status = 401;
  await expect(read()).rejects.toThrow();
  expect(unlocked.value).toBe(false);
});

it("forgets it after a time without use", async () => {
  await unlock("sk-admin");
  vi.advanceTimersByTime(REST - 1);
  await read();
  vi.advanceTimersByTime(REST - 1);
  expect(unlocked.value).toBe(true);
  vi.advanceTimersByTime(1);
  expect(unlocked.value).toBe(false);
});

it("forgets it when somebody logs out", async () => {
  await unlock("sk-admin");
  session.value = { keyNeeded: true, loggedIn: false, name: null, scopes: [], models: [], rateLimit: null, quota: null };
  expect(unlocked.value).toBe(false);
});
