import { expect, it } from "vitest";
import { endedRequest, openRequest } from "@/pages/queue/drawn";

const ROW = {
  id: 7,
  timestamp: "2026-01-02T03:04:05Z",
  model: "m",
  req_path: "/v1/chat/completions",
  resp_content_type: "",
  resp_status_code: 200,
  tokens: { input_tokens: 0, output_tokens: 0, cache_tokens: 0, draft_tokens: 0, draft_acc_tokens: 0, prompt_per_second: -1, tokens_per_second: -1 },
  duration_ms: 1500,
  has_capture: false,
};
const AT = Date.parse(ROW.timestamp) / 1000;

it("draws what has ended back from its end, and says what failed", () => {
  expect(endedRequest(ROW)).toMatchObject({ id: "7", from: AT - 1, to: AT + 0.5, open: false, failed: false });
  for (const status of [0, 404, 500]) expect(endedRequest({ ...ROW, resp_status_code: status }).failed).toBe(true);
});

it("draws what is under way up to now, however long ago it was told of", () => {
  const request = { id: "a", timestamp: ROW.timestamp, model: "m", req_path: "", method: "POST", req_headers: {}, remote_ip: "", resp_headers: {}, resp_bytes: 0, elapsed_ms: 0 };
  expect(openRequest(request, AT + 30)).toMatchObject({ from: AT, to: AT + 30, open: true, waiting: false });
  expect(openRequest({ ...request, phase: "queued" }, AT - 2)).toMatchObject({ from: AT, to: AT, waiting: true });
});
