// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ended } from "@/pages/activity/arrivals";
import { useRequests, type Requests } from "@/pages/queue/requests";
import { inflight, models } from "@/server/state";
import type { Received } from "@/server/inflight";
import type { Model } from "@/server/types";

const NOW = Date.parse("2026-01-02T03:04:05Z") / 1000;
const asked: { answer: (page: object) => void; signal: AbortSignal }[] = [];
let host: HTMLElement;
let seen: Requests;

function Probe({ now }: { now: number }) {
  seen = useRequests({ from: NOW - 300, to: now }, true, now);
  return null;
}

const draw = (now: number): void => void act(() => render(<Probe now={now} />, host));

beforeEach(() => {
  asked.length = 0;
  models.value = [{ id: "m", name: "", description: "", state: "ready", unlisted: false, peerID: "" } satisfies Model];
  vi.stubGlobal("fetch", (_: URL, { signal }: { signal: AbortSignal }) => {
    return new Promise((resolve) => asked.push({ answer: (page) => resolve(Response.json(page)), signal }));
  });
  host = document.body.appendChild(document.createElement("div"));
  draw(NOW);
});
afterEach(() => {
  render(null, host);
  vi.unstubAllGlobals();
});

it("gets its answer however many requests end meanwhile", async () => {
  for (let n = 0; n < 20; n += 1) {
    void act(() => {
      ended.value += 1;
    });
    draw(NOW + n / 10);
  }
  expect(asked).toHaveLength(1);
  expect(asked[0]?.signal.aborted).toBe(false);
  const row = { id: 7, timestamp: "2026-01-02T03:04:04Z", model: "m", resp_status_code: 200, duration_ms: 500 };
  asked[0]?.answer({ data: [row], total: 1200 });
  await vi.waitFor(() => {
    draw(NOW + 2);
    expect(seen.requests).toHaveLength(1);
  });
  expect([seen.read, seen.total]).toEqual([1, 1200]);
});

it("draws what is under way up to now", () => {
  inflight.value = new Map([["a", { id: "a", model: "m", timestamp: "2026-01-02T03:04:00Z", phase: "answering" } as Received]]);
  for (const passed of [0, 10]) {
    draw(NOW + passed);
    expect(seen.requests.at(-1)).toMatchObject({ id: "a", to: NOW + passed, open: true });
  }
});
