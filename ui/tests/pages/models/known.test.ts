import { batch } from "@preact/signals";
import { expect, it } from "vitest";
import { setup } from "@/pages/models/known";
import { configured, models } from "@/server/state";
import type { Model } from "@/server/types";

function named(...ids: string[]): Model[] {
  return ids.map((id) => ({ id, name: "", description: "", state: "", unlisted: false, peerID: "" }));
}

it("is another when the configuration is, or when there are other models", () => {
  const seen = new Set<string>();
  const look = (): void => void seen.add(setup.value);
  look();
  models.value = named("a");
  look();
  models.value = named("a").map((model) => ({ ...model, state: "ready" }));
  look();
  expect(seen.size).toBe(2);
  batch(() => {
    configured.value += 1;
    models.value = named("a");
  });
  look();
  expect(seen.size).toBe(3);
});
