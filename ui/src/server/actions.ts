/** What users have done to models and requests. All reject with an `ApiError`. */

import { ask, request } from "./api";

/** Resolves when the load has its place in the line; the schedule tells what becomes of it. */
export async function load(model: string): Promise<void> {
  await ask("POST", `api/models/load/${encodeURIComponent(model)}`, { query: { wait: "no" } });
}

/** Unload a model, or end its start; resolves when it is gone. */
export async function unload(model: string): Promise<void> {
  await request("POST", `api/models/unload/${encodeURIComponent(model)}`);
}

/** Resolves when all models are gone. */
export async function unloadAll(): Promise<void> {
  await request("POST", "api/models/unload");
}

/** End a request that is under way. */
export async function cancel(id: string): Promise<void> {
  await ask("POST", `api/inflight/${encodeURIComponent(id)}/cancel`);
}
