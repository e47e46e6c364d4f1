import { describe, expect, it } from "vitest";
import { elapsed, listed, middleCut, phaseOf, sessionOf } from "@/pages/activity/inflight";
import type { InflightRequest } from "@/server/types";

function request(id: string, timestamp: string, model = "alpha"): InflightRequest {
  return { id, timestamp, model, req_path: "/", method: "POST", req_headers: {}, remote_ip: "", resp_headers: {}, resp_bytes: 0, elapsed_ms: 0 };
}

describe("elapsed", () => {
  it("goes on from what the server said", () => expect(elapsed(250, 1000, 2500)).toBe(1750));
  it("never goes back", () => expect(elapsed(250, 1000, 900)).toBe(250));
});

describe("sessionOf", () => {
  it("takes the first configured header that is there, whatever its case", () =>
    expect(sessionOf({ "X-Session-Id": "s1", "x-CHAT": "c1" }, ["x-chat", "x-session-id"])).toBe("c1"));
  it("goes past empty ones", () => expect(sessionOf({ "x-chat": " ", "x-session-id": "s1" }, ["X-Chat", "X-Session-ID"])).toBe("s1"));
  it("is empty without any", () => expect(sessionOf({ a: "b" }, ["x-chat"])).toBe(""));
});

describe("listed", () => {
  const early = "2026-01-31T12:00:00Z";
  const late = "2026-01-31T12:00:01Z";
  it("begins with the oldest, then the lower ID as a number", () =>
    expect(listed([request("3", late), request("10", early), request("9", early)]).map(({ id }) => id)).toEqual(["9", "10", "3"]));
  it("shows those of one model", () => expect(listed([request("1", early), request("2", early, "beta")], "beta").map(({ id }) => id)).toEqual(["2"]));
});

describe("phaseOf", () => {
  const still = { resp_headers: {}, resp_bytes: 0 };
  it("is what the server says", () => expect(phaseOf({ ...still, phase: "loading" })).toBe("loading"));
  it("is known by the head of the answer otherwise", () => {
    expect(phaseOf(still)).toBe("waiting");
    expect(phaseOf({ ...still, resp_headers: { "content-type": "a/b" } })).toBe("answering");
  });
});

it("cuts long texts in their middle", () => {
  expect(middleCut("short", 9)).toBe("short");
  expect(middleCut("0123456789abcdef", 9)).toBe("0123…cdef");
});
