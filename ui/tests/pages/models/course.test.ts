import { expect, it } from "vitest";
import { courseOf } from "@/pages/models/course";
import type { LiveModel } from "@/server/types";

function live(part: Partial<LiveModel>): LiveModel {
  return {
    id: "m",
    state: "stopped",
    since: null,
    serving: 0,
    waiting: 0,
    stage: null,
    stage_since: null,
    expected_ready: null,
    ttl: 0,
    expires: null,
    last_used: null,
    requests: 0,
    failure: null,
    memory: null,
    ...part,
  };
}
const FAILURE = { when: 5, why: "it ended", exit_code: 1, lines: [] };

it("goes on while the model starts, stops first, or waits for its turn", () => {
  expect(courseOf(live({ state: "starting" }), null)).toBe("goes on");
  expect(courseOf(live({ state: "stopping" }), null)).toBe("goes on");
  expect(courseOf(live({ waiting: 1 }), null)).toBe("goes on");
  expect(courseOf(live({ stage: "settle" }), null)).toBe("goes on");
});

it("is over when the model is ready, has failed anew, or nobody wants it any more", () => {
  expect(courseOf(live({ state: "ready" }), null)).toBe("ready");
  expect(courseOf(live({ failure: FAILURE }), null)).toBe("failed");
  expect(courseOf(live({ failure: FAILURE, waiting: 1 }), 5)).toBe("goes on");
  expect(courseOf(live({ failure: FAILURE }), 5)).toBe("given up");
  expect(courseOf(live({}), null)).toBe("given up");
  expect(courseOf(undefined, null)).toBe("given up");
});
