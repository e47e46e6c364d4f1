import { expect, it } from "vitest";
import { beginning, causeOf, ending } from "../../src/parts/causes";
import type { StateEntry } from "../../src/server/types";

const entry = (to: StateEntry["to"], cause: string, detail = ""): StateEntry => ({ n: 1, when: 1, kind: "state", model: "a", from: "ready", to, cause, detail });

it("says why a load began and why a model went", () => {
  expect(causeOf(entry("starting", "preload"))).toBe("at the start of the server");
  expect(causeOf(entry("ready", "manual"))).toBe("by hand");
  expect(causeOf(entry("stopping", "manual"))).toBe("by hand");
  expect(causeOf(entry("stopped", "evict", "b"))).toBe("to make room for b");
  expect(causeOf(entry("stopped", "ttl"))).toBe("it was idle for too long");
  expect(causeOf(entry("stopped", "crash", "signal 11"))).toContain("signal 11");
});

it("says what it does not know as it is", () => {
  expect(beginning("magic")).toBe("magic");
  expect(ending("magic", "")).toBe("magic");
});
