import { expect, it } from "vitest";
import { after, type Received } from "@/server/inflight";
import type { InflightRequest } from "@/server/types";

function request(id: string, more: Partial<InflightRequest> = {}): InflightRequest {
  return {
    id, timestamp: "2026-01-31T12:00:00.000Z", model: "alpha", req_path: "/v1/chat/completions", method: "POST", req_headers: {}, remote_ip: "127.0.0.1",
    resp_headers: {}, resp_bytes: 0, elapsed_ms: 5, ...more,
  };
}

const none: ReadonlyMap<string, Received> = new Map();
const two = after(none, { operation: "snapshot", requests: [request("1"), request("2")] }, 100);

it("is replaced by a snapshot", () => {
  expect([...two.keys()]).toEqual(["1", "2"]);
  expect([...after(two, { operation: "snapshot", requests: [request("3")] }, 200).keys()]).toEqual(["3"]);
});

it("adds, or replaces by ID, and says when it was heard", () => {
  const more = after(two, { operation: "upsert", request: request("2", { resp_bytes: 9 }) }, 200);
  expect([...more.keys()]).toEqual(["1", "2"]);
  expect(more.get("2")).toMatchObject({ resp_bytes: 9, heard: 200 });
  expect(more.get("1")).toBe(two.get("1"));
  expect(after(two, { operation: "upsert", request: request("7") }, 300).size).toBe(3);
});

it("forgets those that are over, and nothing else", () => {
  expect([...after(two, { operation: "remove", id: "1" }, 200).keys()]).toEqual(["2"]);
  expect(after(two, { operation: "remove", id: "9" }, 200).size).toBe(2);
});
