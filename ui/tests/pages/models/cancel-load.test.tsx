// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CancelLoad } from "@/pages/models/cancel-load";
import { inflight } from "@/server/state";
import type { Received } from "@/server/inflight";

const asked: string[] = [];
let host: HTMLElement;

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", (url: URL) => {
    asked.push(url.pathname);
    return Promise.resolve(new Response("OK"));
  });
  host = document.body.appendChild(document.createElement("div"));
  void act(() =>
    render(
      <CancelLoad id="m" name="M" label="Cancel the load of M">
        Cancel
      </CancelLoad>,
      host,
    ),
  );
});
afterEach(() => {
  render(null, host);
  vi.unstubAllGlobals();
});

function press(words: string): void {
  const button = [...host.querySelectorAll("button")].find((each) => each.textContent.trim() === words);
  if (!button) throw new Error(`no button ${words}`);
  void act(() => button.click());
}

function waiting(...models: string[]): void {
  inflight.value = new Map(models.map((model, n) => [String(n), { id: String(n), model } as Received]));
}

it("ends a load that nobody else waits for", async () => {
  waiting("other");
  press("Cancel");
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]).toMatch(/api\/models\/unload\/m$/);
});

it("asks before requests are refused, and says how many", async () => {
  waiting("m", "m", "other");
  press("Cancel");
  expect(host.querySelector("dialog")?.textContent).toContain("2 requests wait for it, and would be refused.");
  expect(asked).toEqual([]);
  press("End the load");
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(host.querySelector("dialog")).toBeNull();
});
