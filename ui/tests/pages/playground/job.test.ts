import { expect, it } from "vitest";
import { isBusy } from "../../../src/app/busy";
import { Job } from "../../../src/pages/playground/job";

/** Work that ends when it is cancelled, as a request does. */
function lasting(abort: AbortSignal): Promise<void> {
  return new Promise((_, fail) => abort.addEventListener("abort", () => fail(new DOMException("", "AbortError"))));
}

it("runs one thing at a time, and shows it in the sidebar", async () => {
  const job = new Job();
  const first = job.run(lasting);
  expect(job.running.value).toBe(true);
  expect(isBusy("playground")).toBe(true);
  expect(await job.run(() => Promise.resolve())).toBe(false);
  job.cancel();
  expect(await first).toBe(false);
  expect(job.running.value).toBe(false);
  expect(isBusy("playground")).toBe(false);
});

it("takes being cancelled for no failure, and forgets a failure when it begins again", async () => {
  const job = new Job();
  await job.run(() => Promise.reject(new Error("broken")));
  expect(job.failure.value).toEqual(new Error("broken"));
  const again = job.run(lasting);
  expect(job.failure.value).toBeNull();
  job.cancel();
  await again;
  expect(job.failure.value).toBeNull();
  expect(await job.run(() => Promise.resolve())).toBe(true);
});
