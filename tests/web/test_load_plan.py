"""What a load test may be asked to do."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import BadRequest
from llamaswap.web.load_plan import MOST_AT_ONCE, MOST_REQUESTS, Plan, Planned, read_plan

CHAT = {"path": "/v1/chat/completions", "body": {"model": "m"}}


def read(**fields: Any) -> Plan:
    return read_plan(json.dumps({"requests": [CHAT], **fields}).encode(), lambda path: path == b"/v1/chat/completions")


class PlanTests(SynchronousTestCase):
    def test_bodies_are_sent_as_json(self) -> None:
        """A request is its path and its body, and all begin at once unless somebody asks for less."""
        planned = Planned(b"/v1/chat/completions", b'{"model":"m"}')
        self.assertEqual(read(requests=[CHAT, CHAT]), Plan((planned, planned), 2, 0.0))
        self.assertEqual(read(requests=[CHAT, CHAT]).starts(), [0.0, 0.0])

    def test_more_than_may_be_under_way(self) -> None:
        """So many as may be, when nobody says how many."""
        self.assertEqual(read(requests=[CHAT] * (MOST_AT_ONCE + 1)).concurrency, MOST_AT_ONCE)

    def test_a_ramp_spreads_the_starts(self) -> None:
        """So many as are asked for are under way only when the ramp is over; nobody starts who has nothing to ask."""
        plan = read(requests=[CHAT] * 8, concurrency=4, ramp=2)
        self.assertEqual(plan.starts(), [0.0, 0.5, 1.0, 1.5])
        self.assertEqual(read(requests=[CHAT], concurrency=4, ramp=2).starts(), [0.0])

    def test_what_is_refused(self) -> None:
        """Everything outside the bounds, and every other shape, is refused with what is wrong."""
        cases: list[tuple[dict[str, Any], str]] = [
            ({"requests": []}, "requests must be a list of 1 to 256"),
            ({"requests": [CHAT] * (MOST_REQUESTS + 1)}, "requests must be a list of 1 to 256"),
            ({"requests": {"0": CHAT}}, "requests must be a list of 1 to 256"),
            ({"requests": ["/v1/chat/completions"]}, "requests[0] must be an object"),
            ({"requests": [CHAT, {**CHAT, "method": "GET"}]}, "requests[1] must be an object"),
            ({"requests": [{**CHAT, "body": "text"}]}, "requests[0] must be an object"),
            (
                {"requests": [{**CHAT, "path": "/api/loadtest"}]},
                "requests[0].path must be one at which a model is asked",
            ),
            ({"requests": [{**CHAT, "path": 7}]}, "requests[0].path must be one at which a model is asked"),
            ({"requests": [{**CHAT, "path": "/v1/chat/completions?a=\udcff"}]}, "requests[0].path must be one"),
            ({"concurrency": 0}, "concurrency must be a whole number"),
            ({"concurrency": True}, "concurrency must be a whole number"),
            ({"concurrency": 2.5}, "concurrency must be a whole number"),
            ({"concurrency": MOST_AT_ONCE + 1}, "concurrency must be at most 64"),
            ({"ramp": -1}, "ramp must be seconds"),
            ({"ramp": float("nan")}, "ramp must be seconds"),
            ({"ramp": 601}, "ramp must be seconds"),
            ({"ramp": 10**400}, "ramp must be seconds"),
            ({"unknown": 1}, "the body must be an object"),
        ]
        for fields, said in cases:
            with self.subTest(fields=str(fields)[:80]):
                error = self.assertRaises(BadRequest, read, **fields)
                self.assertIn(said, str(error))

    def test_what_is_no_json(self) -> None:
        """Neither noise nor nesting without end is a plan."""
        for data in (b"", b"{", b"\xff", b"[]", b"[" * 100_000):
            with self.subTest(data=data[:10]):
                self.assertRaises(BadRequest, read_plan, data, lambda path: True)
