"""Requests and tokens of each API key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, Quota, RateLimit
from llamaswap.errors import KeyExhausted
from llamaswap.metrics.row import NO_TOKENS, Finished
from llamaswap.web.allowances import Allowances
from tests.support.probes import configuration_a
from tests.support.relay import RelayWorld


def key(name: str, **others: Any) -> ApiKey:
    return ApiKey(key=f"sk-{name}", name=name, **others)


def finished(key: str, cost: int) -> Finished:
    return Finished("m", "", "", key, 200, 0.0, 0.1, 0.2, NO_TOKENS, True, cost)


class AllowanceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.allowances = Allowances()

    def follow(self, *keys: ApiKey) -> None:
        self.allowances.follow(keys)

    def test_rate(self) -> None:
        """So many requests in so much time; then it is said when to come again."""
        self.follow(key("a", rate_limit=RateLimit(requests=2)), key("b"))
        for when in (0.0, 1.0):
            self.allowances.admit("a", when)
        error = self.assertRaises(KeyExhausted, self.allowances.admit, "a", 2.0)
        self.assertEqual((error.status, error.always_json, error.retry_after), (429, True, 58))
        self.assertIn("the API key a is limited to 2 requests per 60 seconds", str(error))
        for _ in range(9):
            self.allowances.admit("b", 2.0)
        self.allowances.admit("a", 60.0)

    def test_refused_ones_do_not_count(self) -> None:
        """Whoever hammers is let in as soon as one who waits."""
        self.follow(key("a", rate_limit=RateLimit(requests=1)))
        self.allowances.admit("a", 0.0)
        for when in range(1, 60):
            self.assertRaises(KeyExhausted, self.allowances.admit, "a", float(when))
        self.allowances.admit("a", 60.0)

    def test_quota(self) -> None:
        """What was spent counts."""
        self.follow(key("a", quota=Quota(tokens=10)))
        self.allowances.ended([finished("a", 4), finished("a", 5), finished("a", 0), finished("", 99)], 0.0)
        self.allowances.admit("a", 1.0)
        self.allowances.ended([finished("a", 1)], 2.0)
        error = self.assertRaises(KeyExhausted, self.allowances.admit, "a", 3.0)
        self.assertIn("quota of 10 tokens", str(error))
        self.assertGreater(error.retry_after or 0, 80_000)

    def test_one_that_is_refused_for_its_quota_costs_no_request(self) -> None:
        """Both limits of one key."""
        self.follow(key("a", rate_limit=RateLimit(requests=1), quota=Quota(tokens=1, per=10.0)))
        self.allowances.spend("a", 1, 0.0)
        self.assertRaises(KeyExhausted, self.allowances.admit, "a", 1.0)
        self.allowances.admit("a", 11.0)

    def test_reload(self) -> None:
        """A key of the same name goes on, under the limits that hold now; one that is gone is forgotten."""
        limited = key("a", rate_limit=RateLimit(requests=1), quota=Quota(tokens=1))
        self.follow(limited)
        self.allowances.admit("a", 0.0)
        self.follow(key("b"), limited)
        self.assertRaises(KeyExhausted, self.allowances.admit, "a", 1.0)
        self.follow(key("a", rate_limit=RateLimit(requests=2)))
        self.allowances.spend("a", 5, 1.0)
        self.allowances.admit("a", 1.0)
        self.follow()
        self.follow(limited)
        self.allowances.admit("a", 2.0)


class WaysRoundAQuotaTests(SynchronousTestCase):
    """Whichever way to its model a request takes, what it costs counts."""

    USAGE = b'{"usage": {"prompt_tokens": 500, "completion_tokens": 500}}'

    def setUp(self) -> None:
        keys = (key("a", quota=Quota(tokens=100)), key("b"))
        self.world = RelayWorld(replace(configuration_a(), api_keys=keys))
        self.world.allowances.follow(keys)
        self.world.ledger.subscribe(lambda ended: self.world.allowances.ended(ended, self.world.clock.seconds()))

    def ask(self, method: str, path: str, answer: bytes = USAGE, kind: str = "application/json", who: str = "a") -> int:
        """The status of one request."""
        headers = {"x-api-key": f"sk-{who}", "Host": "h", "Content-Type": "application/json"}
        exchange, done = self.world.begin(method, path, headers, b'{"model": "hid"}')
        if not exchange.status:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.world.upstream("hid").answer(head.encode() + answer)
        self.successResultOf(done)
        self.world.ledger.settle()
        return exchange.status

    def test_names_that_only_the_engine_knows(self) -> None:
        """And spellings of those that are known; none of this is listed."""
        for path in ("/chat/completions", "/completions", "/v1/chat/completions/", "/%761/chat/completions"):
            for method in ("POST", "PUT"):
                self.setUp()
                self.assertEqual(self.ask(method, f"/upstream/hid{path}"), 200, path)
                self.assertEqual(self.ask(method, f"/upstream/hid{path}"), 429, path)
                self.assertEqual(self.world.ledger.store.rows, [])

    def test_other_shapes_of_an_answer(self) -> None:
        """A stream, and the list that `/infill` answers."""
        stream = b"data: " + self.USAGE + b"\n\ndata: [DONE]\n\n"
        infill = b'[{}, {"timings": {"prompt_n": 500, "predicted_n": 500}}]'
        for path, answer, kind in (
            ("/upstream/hid/completions", stream, "text/event-stream"),
            ("/upstream/hid/%69nfill", infill, "application/json"),
        ):
            self.setUp()
            self.assertEqual(self.ask("POST", path, answer, kind), 200)
            self.assertEqual(self.ask("POST", path), 429, path)

    def test_what_costs_nothing(self) -> None:
        """A look; and nothing is read for a key without a quota."""
        for _ in range(2):
            self.assertEqual(self.ask("GET", "/upstream/hid/completions"), 200)
            self.assertEqual(self.ask("POST", "/upstream/hid/completions", who="b"), 200)
            self.assertIs(self.world.ended[-1].meter, None)
