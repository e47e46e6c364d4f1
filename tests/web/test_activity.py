"""The activity over HTTP, in memory (http-api sections 14 and 16)."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from dataclasses import replace
from io import StringIO
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import CaptureRules, Settings
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.row import Row
from llamaswap.metrics.storage import StoreFailed
from llamaswap.web import activity
from tests.support.activity import WHEN, MemoryBody, row
from tests.support.probes import configuration_a
from tests.support.web import Client, Reply, World

ASKED = [(b"Authorization", b"Bearer s"), (b"Cookie", b"c=1"), (b"X-Session-ID", b"S1"), (b"Content-Length", b"9")]
ANSWERED = [(b"Content-Type", b"application/json"), (b"Set-Cookie", b"d=2"), (b"Content-Encoding", b"gzip")]


class ActivityCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.use(configuration_a())

    def use(self, settings: Settings) -> None:
        self.world = World(settings)

    def get(self, path: str, status: int = 200) -> Any:
        reply = self.world.visit(path)
        self.assertEqual((reply.status, reply.headers["content-type"]), (status, "application/json"), reply.body)
        return json.loads(reply.body)

    def add(self, *args: Any, count: int = 1, **fields: Any) -> list[int]:
        return [self.world.store.add(row(*args, **fields)) for _ in range(count)]

    def ids(self, query: str) -> list[int]:
        return [each["id"] for each in self.get(f"/api/metrics/activity?{query}")["data"]]

    def capture(self, id: int, path: str, **how: Any) -> None:
        """As the ledger does it."""
        taking = self.world.captures.take(path)
        assert taking is not None
        taking.request(ASKED, MemoryBody(b'{"model": "m1"}'))
        taking.response(b'{"a"')
        taking.response(b":1}")
        taking.finish(id, path, ANSWERED, **how)


class PageTests(ActivityCase):
    def test_probe_100_defaults(self) -> None:
        """25 of a page, newest first, and how many there are."""
        self.assertEqual(
            self.get("/api/metrics/activity"), {"data": [], "page": 1, "limit": 25, "total": 0, "total_pages": 0}
        )
        self.add(count=51)
        found = self.get("/api/metrics/activity")
        self.assertEqual([each["id"] for each in found["data"]], list(range(51, 26, -1)))
        self.assertEqual((found["page"], found["limit"], found["total"], found["total_pages"]), (1, 25, 51, 3))

    def test_row(self) -> None:
        """Its fields are those of the contract; two of them only when there is something to tell."""
        tokens: dict[str, Any] = {
            "input": 1,
            "output": 2,
            "cached": -1,
            "drafted": 4,
            "accepted": 3,
            "prompt_rate": 1.5,
        }
        self.add("m1", WHEN, **tokens, generation_rate=-1.0)
        self.add("m1", WHEN + 1, status=500, error="boom", metadata={"selector": "s"})
        self.capture(2, "/v1/chat/completions")
        second, first = self.get("/api/metrics/activity")["data"]
        self.assertEqual(
            first,
            {
                "id": 1,
                "timestamp": "2023-11-14T22:13:20Z",
                "model": "m1",
                "req_path": "/v1/chat/completions",
                "resp_content_type": "application/json",
                "resp_status_code": 200,
                "tokens": {
                    "input_tokens": 1,
                    "output_tokens": 2,
                    "cache_tokens": -1,
                    "draft_tokens": 4,
                    "draft_acc_tokens": 3,
                    "prompt_per_second": 1.5,
                    "tokens_per_second": -1.0,
                },
                "duration_ms": 5,
                "has_capture": False,
            },
        )
        self.assertEqual(
            (second["error_msg"], second["metadata"], second["has_capture"]), ("boom", {"selector": "s"}, True)
        )

    def test_probe_101_refusals(self) -> None:
        """What means nothing is refused."""
        wrong = "limit=0 limit=1000 limit=x page=0 sort=foo order=up min_id=0 min_id=5&max_id=2 start=2026-01-01"
        wrong += " start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"
        for query in wrong.split():
            error = self.get(f"/api/metrics/activity?{query}", 400)["error"]
            self.assertEqual((error["type"], error["code"]), ("invalid_request_error", "bad_request"), query)

    def test_probe_102_models(self) -> None:
        """One of those that are named; names are decoded as they came, whatever they hold."""
        for model in ("m1", "hid", "org/m2", "ä+&"):
            self.add(model)
        self.assertEqual(self.ids("model=hid&model=m1&limit=999"), [2, 1])
        self.assertEqual(self.ids("model=org%2Fm2"), [3])
        self.assertEqual(self.ids("model=%C3%A4%2B%26"), [4])
        self.assertEqual(self.ids("model=%FF"), [])

    def test_probe_103_sorting(self) -> None:
        """By output tokens, then id."""
        for output in (5, 1, 5, 3):
            self.add(output=output)
        self.assertEqual(self.ids("sort=generated&order=ASC"), [2, 4, 1, 3])
        self.assertEqual(self.ids("sort=generated"), [3, 1, 4, 2])

    def test_probe_104_ids(self) -> None:
        """Both ends belong to it, and the total is that of the filter."""
        self.add(count=5)
        found = self.get("/api/metrics/activity?min_id=2&max_id=3")
        self.assertEqual(([each["id"] for each in found["data"]], found["total"]), ([3, 2], 2))

    def test_probe_105_behind_the_last_page(self) -> None:
        """There is nothing."""
        self.add()
        found = self.get("/api/metrics/activity?page=9999")
        self.assertEqual((found["data"], found["page"], found["total"]), ([], 9999, 1))

    def test_a_store_that_fails(self) -> None:
        """500, and the log says why."""
        self.world.store.page = lambda query: fail(StoreFailed("disk I/O error"))  # type: ignore[method-assign]
        with capturedLogs() as events:
            error = self.get("/api/metrics/activity", 500)["error"]
        self.assertEqual(error["code"], "internal_error")
        self.assertNotIn("disk", error["message"])
        self.assertIn("the activity cannot be read: disk I/O error", [formatEvent(event) for event in events])

    def test_head(self) -> None:
        """The head of the answer, with its length."""
        reply = self.world.visit("/api/metrics/activity", method="HEAD")
        length = len(self.world.visit("/api/metrics/activity").body)
        self.assertEqual((reply.status, reply.headers["content-length"], reply.body), (200, str(length), b""))


class StatsTests(ActivityCase):
    def test_probe_106_example(self) -> None:
        """Sums and both histograms."""
        self.add("m1", input=100)
        for rate in (10.0, 20.0, 30.0):
            self.add("org/m2", prompt_rate=rate, generation_rate=rate, cached=3, input=1, output=2)
        found = self.get("/api/metrics/stats?model=+org%2Fm2")
        for name in ("prompt_histogram", "gen_histogram"):
            histogram = found.pop(name)
            self.assertAlmostEqual(histogram.pop("p99"), 29.8)
            self.assertEqual(
                histogram, {"bins": [1, 0, 1, 0, 1], "min": 10, "max": 30, "binSize": 4, "p50": 20, "p95": 29}
            )
        sums = {"total_requests": 3, "total_input_tokens": 3, "total_output_tokens": 6, "total_cache_tokens": 9}
        self.assertEqual(found, sums)
        self.assertEqual(self.get("/api/metrics/stats")["total_input_tokens"], 103)

    def test_filters(self) -> None:
        """Those of the list; what means nothing is refused."""
        self.add("m1", WHEN, input=1)
        self.add("m2", WHEN + 1, input=2, status=500, error="boom")
        for asked, total in {
            "model=m1": 1,
            "status=5xx": 2,
            "q=boom": 2,
            "min_id=1": 3,
            "end=2023-11-14T22:13:20Z": 1,
        }.items():
            self.assertEqual(self.get(f"/api/metrics/stats?{asked}")["total_input_tokens"], total, asked)
        self.get("/api/metrics/stats?status=bad", 400)

    def test_probe_107_nothing(self) -> None:
        """Zeros."""
        found = self.get("/api/metrics/stats?model=none")
        self.assertEqual(set(found.values()), {0, None})
        self.assertEqual((found["prompt_histogram"], found["gen_histogram"]), (None, None))


class CaptureTests(ActivityCase):
    def test_probe_108_capture(self) -> None:
        """Six fields; secrets are not among them; bodies decode to what went by."""
        self.capture(7, "/v1/chat/completions")
        found = self.get("/api/captures/7")
        self.assertEqual(list(found), ["id", "req_path", "req_headers", "req_body", "resp_headers", "resp_body"])
        self.assertEqual((found["id"], found["req_path"]), (7, "/v1/chat/completions"))
        asked = {"Authorization": "[REDACTED]", "Cookie": "[REDACTED]", "X-Session-Id": "S1", "Content-Length": "15"}
        self.assertEqual(found["req_headers"], asked)
        self.assertEqual(found["resp_headers"], {"Content-Type": "application/json", "Set-Cookie": "[REDACTED]"})
        self.assertEqual(
            (b64decode(found["req_body"]), b64decode(found["resp_body"])), (b'{"model": "m1"}', b'{"a":1}')
        )

    def test_probe_96_an_error(self) -> None:
        """Has a capture, without the body of its answer."""
        self.capture(1, "/v1/chat/completions", body=False)
        self.assertIsNone(self.get("/api/captures/1")["resp_body"])

    def test_probe_109_parts(self) -> None:
        """Sound and pictures are not kept."""
        self.capture(1, "/v1/audio/speech")
        self.capture(2, "/v1/images/edits")
        speech, edits = self.get("/api/captures/1"), self.get("/api/captures/2")
        self.assertEqual((speech["req_body"] is None, speech["resp_body"]), (False, None))
        self.assertEqual((edits["req_body"], edits["resp_body"]), (None, None))

    def test_captures_that_are_off(self) -> None:
        """The answer says so, and not that there is no room."""
        self.assertIn("as captureBuffer has room for", self.get("/api/captures/5", 404)["error"]["message"])
        for off in (Settings(capture_buffer=0), Settings(captures=CaptureRules(level="off"))):
            self.world.captures.configure(off)
            self.assertIn("nothing is captured", self.get("/api/captures/5", 404)["error"]["message"])

    def test_probe_110_no_capture(self) -> None:
        """What is no number is a bad request, what is none is not found."""
        for rest in ("x", "1.5", "%D9%A3", "1%20", "--1"):
            error = self.get(f"/api/captures/{rest}", 400)["error"]
            self.assertEqual((error["type"], error["code"]), ("invalid_request_error", "bad_request"), rest)
        for rest in ("999999", "0", "-1", "9" * 30):
            self.assertEqual(self.get(f"/api/captures/{rest}", 404)["error"]["code"], "not_found", rest)
        for path in ("/api/captures", "/api/captures/", "/api/captures/1/2"):
            self.assertEqual(self.world.visit(path).body, b"404 page not found\n", path)

    def test_probe_111_without_captures(self) -> None:
        """Three rows are kept, and no capture."""
        self.use(replace(configuration_a(), capture_buffer=0, metrics_max_in_memory=3))
        self.add(count=5)
        self.assertIsNone(self.world.captures.take("/v1/chat/completions"))
        self.world.clock.advance(1)
        found = self.get("/api/metrics/activity")["data"]
        self.assertEqual([(each["id"], each["has_capture"]) for each in found], [(5, False), (4, False), (3, False)])
        self.get("/api/captures/5", 404)


class ExportTests(ActivityCase):
    def visit(self, query: str) -> Reply:
        reply = self.world.visit(f"/api/metrics/export?{query}")
        self.assertEqual(reply.status, 200)
        return reply

    def test_json(self) -> None:
        """A file with the rows of all pages, the same filters, in either direction."""
        self.add("a", count=activity.PART + 1)
        self.add("b", count=2)
        reply = self.visit("format=json&model=a&limit=1&page=7")
        told = [reply.headers[name] for name in ("content-type", "content-disposition")]
        self.assertEqual(told, ["application/json", 'attachment; filename="activity.json"'])
        rows = json.loads(reply.body)
        self.assertEqual([each["id"] for each in rows], list(range(activity.PART + 1, 0, -1)))
        self.assertEqual(rows[:2], self.get(f"/api/metrics/activity?limit=2&max_id={activity.PART + 1}")["data"])
        self.assertEqual([each["id"] for each in json.loads(self.visit("order=asc&min_id=502").body)], [502, 503])
        self.assertEqual(json.loads(self.visit("model=none").body), [])

    def test_csv(self) -> None:
        """A table with a line of names; nothing in it is a formula for a spreadsheet."""
        self.add("=HYPERLINK(1)", WHEN, cached=-1, error='a "b",\nc', metadata={"selector": "s", "fifo_priority": "0"})
        self.add("@x", error="-1+2", count=activity.PART)
        reply = self.visit("format=csv&order=asc")
        told = [reply.headers[name] for name in ("content-type", "content-disposition")]
        self.assertEqual(told, ["text/csv; charset=utf-8", 'attachment; filename="activity.csv"'])
        lines = list(csv.DictReader(StringIO(reply.body.decode(), newline="")))
        self.assertEqual(len(lines), activity.PART + 1)
        first = lines[0]
        self.assertEqual(
            (first["id"], first["timestamp"], first["model"]), ("1", "2023-11-14T22:13:20Z", "'=HYPERLINK(1)")
        )
        self.assertEqual((first["cache_tokens"], first["error_msg"]), ("-1", 'a "b",\nc'))
        self.assertEqual(first["metadata"], "fifo_priority=0;selector=s")
        self.assertEqual((lines[-1]["model"], lines[-1]["error_msg"]), ("'@x", "'-1+2"))

    def test_refusals(self) -> None:
        """Another format, and what is wrong with filters, before the file begins."""
        for query in ("format=xml", "min_id=0", "order=up"):
            self.get(f"/api/metrics/export?{query}", 400)

    def test_head(self) -> None:
        """The head only."""
        self.add()
        reply = self.world.visit("/api/metrics/export?format=csv", method="HEAD")
        self.assertEqual((reply.status, reply.body), (200, b""))

    def test_a_slow_reader(self) -> None:
        """Nothing is read from the store that nobody takes, until there is room; who goes away ends it."""
        self.use(replace(configuration_a(), metrics_max_in_memory=4 * activity.PART))
        self.add(count=4 * activity.PART)
        asked: list[int | None] = []
        client = Client(self.world.resource, self.world.clock)
        part = self.world.store.part

        def asking(filter: Filter, after: int | None, limit: int, *, descending: bool) -> Deferred[list[Row]]:
            asked.append(after)
            if after is not None:
                client.channel._channel.pauseProducing()
            return part(filter, after, limit, descending=descending)

        self.world.store.part = asking  # type: ignore[method-assign]
        client.send("/api/metrics/export?format=csv&order=asc")
        self.assertEqual(asked, [None, activity.PART])
        client.channel._channel.resumeProducing()
        self.assertEqual(asked, [None, activity.PART, 2 * activity.PART])
        client.hang_up()
        self.assertEqual(asked, [None, activity.PART, 2 * activity.PART])
