import { expect, it } from "vitest";
import { chattable } from "@/pages/activity/first-steps";
import type { Model } from "@/server/types";

function model(id: string, more: Partial<Model> = {}): Model {
  return { id, name: "", description: "", state: "stopped", unlisted: false, peerID: "", ...more };
}

it("offers listed models of this server that one can chat with, two at most", () => {
  const models = [
    model("peer", { peerID: "p1" }), model("hidden", { unlisted: true }), model("rank", { capabilities: { reranker: true } }), model("a", { capabilities: { vision: true, reranker: false } }),
    model("b"), model("c"),
  ];
  expect(chattable(models).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(chattable([])).toEqual([]);
});
