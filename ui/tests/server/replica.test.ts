import { expect, it } from "vitest";
import { Replica } from "@/server/replica";
import type { InflightRequest, Schedule, Told } from "@/server/types";

const request = (id: string, elapsed_ms = 0): InflightRequest => ({ id, timestamp: "", model: "a", req_path: "", method: "POST", req_headers: {}, remote_ip: "", resp_headers: {}, resp_bytes: 0, elapsed_ms });
const schedule: Schedule = { at: 1000, models: [], queue: [], waiting: 0, swaps: [], gpus: [], ram: null };

function after(...told: [Told, number][]): Replica {
  const replica = new Replica();
  for (const [each, now] of told) replica.take(each, now);
  return replica;
}

it("tells nothing before anything was told", () => expect(new Replica().all(0)).toEqual([]));

it("tells the latest of each state, and the requests that are left, as old as they are by now", () => {
  const replica = after(
    [{ type: "profileChanged", data: { active: "a" } }, 0],
    [{ type: "profileChanged", data: { active: null } }, 0],
    [{ type: "inflight", data: { operation: "snapshot", requests: [request("1"), request("2", 250)] } }, 1000],
    [{ type: "inflight", data: { operation: "remove", id: "1" } }, 1100],
    [{ type: "inflight", data: { operation: "upsert", request: request("3") } }, 2000],
  );
  expect(replica.all(2500)).toEqual([
    { type: "profileChanged", data: { active: null } },
    { type: "inflight", data: { operation: "snapshot", requests: [request("2", 1750), request("3", 500)] } },
  ]);
});

it("tells the server's time as it is by now", () => expect(after([{ type: "schedule", data: schedule }, 5000]).all(8000)).toEqual([{ type: "schedule", data: { ...schedule, at: 1003 } }]));

it("forgets everything when all is told anew", () => {
  const replica = after([{ type: "schedule", data: schedule }, 0]);
  replica.begin();
  expect(replica.all(0)).toEqual([]);
});
