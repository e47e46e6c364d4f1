import { expect, it } from "vitest";
import { makeSessionId } from "../../../src/pages/playground/session-id";
import { tabFor } from "../../../src/pages/playground/tabs";

it("shows the tab of the address, or the one that was looked at last", () => {
  expect(tabFor(["images"], "rerank")?.id).toBe("images");
  expect(tabFor([], "rerank")?.id).toBe("rerank");
  expect(tabFor([], "was-removed")?.id).toBe("chat");
  expect(tabFor(["nothing"], "rerank")).toBeUndefined();
  expect(tabFor(["images", "deeper"], "rerank")).toBeUndefined();
});

it("marks its requests with lspg- and five letters or digits", () => {
  for (let each = 0; each < 100; each++) expect(makeSessionId(Math.random)).toMatch(/^lspg-[a-z0-9]{5}$/);
  expect(makeSessionId(() => 0)).toBe("lspg-aaaaa");
  expect(makeSessionId(() => 0.999999)).toBe("lspg-99999");
});
