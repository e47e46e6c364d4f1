"""Probes 84 to 99: what answers say of their cost."""

from __future__ import annotations

from typing import Any

from tests.conformance.world import CHAT, ConfigurationA

NOTHING = (0, 0, 0, 0, 0, 0, 0)
STREAM = {"type": "text/event-stream"}


def _stream(*events: str) -> str:
    return "".join(f"data: {event}\n\n" for event in events)


class MeteringProbes(ConfigurationA):
    def metered(self, body: object, target: str = CHAT, model: str = "hid", **told: Any) -> dict[str, Any]:
        """The row of a request that was answered with `body`."""
        before = self.client.newest()
        self.reply = self.client.canned(model, body, target, **told)
        return self.client.row_after(before)

    def check(self, row: dict[str, Any], *expected: float) -> None:
        tokens = row["tokens"]
        names = "input_tokens output_tokens cache_tokens draft_tokens draft_acc_tokens"
        names += " prompt_per_second tokens_per_second"
        self.assertEqual(tuple(tokens[name] for name in names.split()), expected)

    def test_probe_84(self) -> None:
        self.check(self.metered({"a": 1}), *NOTHING)

    def test_probe_85(self) -> None:
        usage = {"prompt_tokens": 12, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4}}
        self.check(self.metered({"usage": usage}), 12, 7, 4, -1, -1, -1, -1)

    def test_probe_86(self) -> None:
        usage = {"input_tokens": 12, "output_tokens": 7, "cache_read_input_tokens": 3}
        self.check(self.metered({"usage": usage}, "/v1/messages"), 12, 7, 3, -1, -1, -1, -1)

    def test_probe_87(self) -> None:
        usage = {"prompt_tokens": 99, "completion_tokens": 98, "prompt_tokens_details": {"cached_tokens": 4}}
        timings = {"prompt_n": 20, "predicted_n": 50, "prompt_per_second": 100.5, "predicted_per_second": 40.25}
        timings |= {"prompt_ms": 200.9, "predicted_ms": 1250.9, "draft_n": 30, "draft_n_accepted": 12}
        row = self.metered({"usage": usage, "timings": timings})
        self.check(row, 20, 50, 4, 30, 12, 100.5, 40.25)
        self.assertEqual(row["duration_ms"], 1451)

    def test_probe_88(self) -> None:
        body = [{"content": "a"}, {"timings": {"prompt_n": 5, "predicted_n": 9, "cache_n": 2}}]
        self.check(self.metered(body, "/infill"), 5, 9, 2, -1, -1, 0, 0)

    def test_probe_89(self) -> None:
        metrics = {"time_to_first_token_ms": 100, "mean_itl_ms": 10, "tokens_per_second": 3}
        drafts = {"num_draft_tokens": 20, "num_accepted_draft_tokens": 14}
        body = {
            "usage": {"prompt_tokens": 42, "completion_tokens": 8},
            "metrics": {**metrics, "speculative_decoding": drafts},
        }
        self.check(self.metered(body), 42, 8, -1, 20, 14, 420, 100)

    def test_probe_90(self) -> None:
        text = _stream('{"choices":[]}', '{"usage":{"prompt_tokens":15,"completion_tokens":33}}', "[DONE]")
        self.check(self.metered(text, **STREAM), 15, 33, -1, -1, -1, -1, -1)

    def test_probe_91(self) -> None:
        start = '{"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1,'
        start += '"cache_read_input_tokens":5}}}'
        text = f"event: message_start\ndata: {start}\n\nevent: message_delta\n"
        text += 'data: {"type":"message_delta","usage":{"output_tokens":42}}\n\n'
        self.check(self.metered(text, "/v1/messages", **STREAM), 25, 42, 5, -1, -1, -1, -1)

    def test_probe_92(self) -> None:
        usage = '{"input_tokens":25,"output_tokens":11,"input_tokens_details":{"cached_tokens":0}}'
        text = _stream(f'{{"type":"response.completed","response":{{"usage":{usage}}}}}')
        self.check(self.metered(text, "/v1/responses", **STREAM), 25, 11, 0, -1, -1, -1, -1)

    def test_probe_93(self) -> None:
        self.check(self.metered(_stream('{"choices":[]}', "[DONE]"), **STREAM), *NOTHING)

    def test_probe_94(self) -> None:
        body = {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}
        row = self.metered(body, coding="gzip", with_headers={"Accept-Encoding": "gzip"})
        self.check(row, 1, 2, -1, -1, -1, -1, -1)
        self.assertEqual(self.reply.body[:2], b"\x1f\x8b")

    def test_probe_95(self) -> None:
        row = self.metered("no gzip", raw="gzip", with_headers={"Accept-Encoding": "gzip"})
        self.check(row, *NOTHING)
        self.assertTrue(row["error_msg"].startswith("response decompression failed"), row)
        self.assertFalse(row["has_capture"])

    def test_probe_96(self) -> None:
        row = self.metered({"error": {"message": " boom "}}, status=500)
        self.check(row, *NOTHING)
        self.assertEqual((row["error_msg"], row["has_capture"]), ("boom", True))
        self.assertIsNone(self.client.get(f"/api/captures/{row['id']}").json()["resp_body"])

    def test_probe_97(self) -> None:
        row = self.metered("<html>bad</html>", status=502, type="text/html")
        self.assertEqual(row["error_msg"], "502 Bad Gateway")

    def test_probe_98(self) -> None:
        row = self.metered({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}, model="s-pin")
        self.assertEqual((row["model"], row["metadata"]), ("m1", {"fifo_priority": "0", "selector": "s-pin"}))

    def test_probe_99(self) -> None:
        """What is null counts as absent (Q4)."""
        row = self.metered({"timings": None, "usage": {"prompt_tokens": 9, "completion_tokens": 8}})
        self.check(row, 9, 8, -1, -1, -1, -1, -1)
