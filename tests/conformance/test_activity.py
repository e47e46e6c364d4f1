"""Probes 100 to 111: the list of activity, its figures, and captures."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.conformance.world import CHAT, ConfigurationA, ConfigurationC, Reply
from tests.support.live import eventually


class ActivityProbes(ConfigurationA):
    def page(self, query: str = "") -> dict[str, Any]:
        told: dict[str, Any] = self.client.get(f"/api/metrics/activity?{query}").json()
        return told

    def some_rows(self) -> None:
        """At least one of each of three models."""
        before = self.client.newest()
        for model in ("m1", "hid", "hid"):
            self.client.chat(model)
        self.client.row_after(before + 2)

    def test_probe_100(self) -> None:
        self.some_rows()
        page = self.page()
        ids = [row["id"] for row in page["data"]]
        self.assertEqual((page["limit"], page["page"], ids), (25, 1, sorted(ids, reverse=True)))
        self.assertEqual(page["total_pages"], -(-page["total"] // 25))

    def test_probe_101(self) -> None:
        queries = "limit=0 limit=1000 limit=x page=0 sort=foo order=up min_id=0 min_id=5&max_id=2 start=2026-01-01"
        late, early = "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"
        for query in [*queries.split(), f"start={late}&end={early}"]:
            reply = self.client.get(f"/api/metrics/activity?{query}")
            self.check_error(reply, 400, "invalid_request_error", "bad_request", query.partition("=")[0])

    def test_probe_102(self) -> None:
        self.some_rows()
        self.client.chat("org/m2")
        models = {row["model"] for row in self.page("model=hid&model=m1&limit=999")["data"]}
        self.assertEqual(models, {"hid", "m1"})

    def test_probe_103(self) -> None:
        before = self.client.newest()
        for count in (5, 2, 5):
            self.client.canned("hid", {"usage": {"completion_tokens": count}})
        self.client.row_after(before + 2)
        rows = self.page(f"sort=generated&order=ASC&min_id={before + 1}")["data"]
        self.assertEqual([row["id"] - before for row in rows], [2, 1, 3])

    def test_probe_104_and_105(self) -> None:
        self.some_rows()
        page = self.page("min_id=2&max_id=3")
        self.assertEqual(([row["id"] for row in page["data"]], page["total"]), ([3, 2], 2))
        far = self.client.get("/api/metrics/activity?page=9999")
        self.assertEqual((far.status, far.json()["data"]), (200, []))

    def test_probe_106_and_107(self) -> None:
        before = self.client.newest()
        for rate in (10, 20, 30):
            timings = {"prompt_n": 1, "predicted_n": 1, "cache_n": 3}
            timings |= {"prompt_per_second": rate, "predicted_per_second": rate}
            self.client.canned("org/m2", {"timings": timings})
        self.client.row_after(before + 2)
        stats = self.client.get("/api/metrics/stats?model=org/m2").json()
        bins = {"bins": [1, 0, 1, 0, 1], "min": 10, "max": 30, "binSize": 4, "p50": 20, "p95": 29, "p99": 29.8}
        for name in ("prompt_histogram", "gen_histogram"):
            for key, value in bins.items():
                found = stats[name][key]
                self.assertEqual(found, value) if key == "bins" else self.assertAlmostEqual(found, value)
        self.assertEqual(stats["total_cache_tokens"], 9)
        none = self.client.get("/api/metrics/stats?model=none").json()
        self.assertEqual([none[name] for name in none if name.startswith("total")], [0, 0, 0, 0])
        self.assertEqual((none["prompt_histogram"], none["gen_histogram"]), (None, None))

    def captured(self, row: dict[str, Any]) -> dict[str, Any]:
        for _ in eventually(patience=1.0):
            reply = self.client.get(f"/api/captures/{row['id']}")
            if reply.status == 200:
                told: dict[str, Any] = reply.json()
                return told
        raise AssertionError("unreachable")

    def test_probe_108(self) -> None:
        before = self.client.newest()
        canned = json.dumps({"body": "answer", "type": "text/plain", "headers": [["Set-Cookie", "a=b"]]})
        body = json.dumps({"model": "m1", "temperature": 1})
        headers = {"Authorization": "Bearer x", "Cookie": "c=d", "X-Canned": canned}
        self.client.post(CHAT, body.encode(), **headers)
        capture = self.captured(self.client.row_after(before))
        self.assertEqual(sorted(capture), ["id", "req_body", "req_headers", "req_path", "resp_body", "resp_headers"])
        shown = capture["req_headers"]
        self.assertEqual((shown["Authorization"], shown["Cookie"]), ("[REDACTED]", "[REDACTED]"))
        self.assertEqual(capture["resp_headers"]["Set-Cookie"], "[REDACTED]")
        sent = json.loads(base64.b64decode(capture["req_body"]))
        self.assertEqual(sent, {"model": "m1", "top_p": 0.9, "nested": {"z": 1}})
        self.assertEqual(base64.b64decode(capture["resp_body"]), b"answer")

    def test_probe_109(self) -> None:
        for path, present in (("/v1/audio/speech", True), ("/v1/images/edits", False)):
            before = self.client.newest()
            self.assertEqual(self.client.post(path, {"model": "hid"}).status, 200)
            capture = self.captured(self.client.row_after(before))
            self.assertIsNone(capture["resp_body"])
            self.assertEqual(capture["req_body"] is not None, present)

    def test_probe_110(self) -> None:
        reply = self.client.get("/api/captures/x")
        self.check_error(reply, 400, "invalid_request_error", "bad_request", "invalid capture ID")
        self.not_found(self.client.get("/api/captures/999999"), "capture not found")


class SmallStoreProbe(ConfigurationC):
    def test_probe_111(self) -> None:
        for _ in eventually():
            if self.client.running().get("m1") == "ready":
                break
        self.assertEqual(self.client.activity(), [])
        replies: list[Reply] = [self.client.chat("m1") for _ in range(5)]
        self.assertEqual({reply.status for reply in replies}, {200})
        self.client.row_after(4)
        rows = self.client.activity()
        self.assertEqual([row["id"] for row in rows], [5, 4, 3])
        self.assertEqual({row["has_capture"] for row in rows}, {False})
        self.assertEqual(self.client.get("/api/captures/5").status, 404)
