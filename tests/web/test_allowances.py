"""Requests and tokens of each API key."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import ApiKey, Quota, RateLimit
from llamaswap.errors import KeyExhausted
from llamaswap.metrics.row import NO_TOKENS, Finished
from llamaswap.web.allowances import Allowances


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
        self.assertEqual((error.status, error.always_json, error.retry_after), (429, True, 59))
        self.assertIn("the API key a is limited to 2 requests per 60 seconds", str(error))
        for _ in range(9):
            self.allowances.admit("b", 2.0)
        self.allowances.admit("a", 61.0)

    def test_refused_ones_do_not_count(self) -> None:
        """Whoever hammers is let in as soon as one who waits."""
        self.follow(key("a", rate_limit=RateLimit(requests=1)))
        self.allowances.admit("a", 0.0)
        for when in range(1, 61):
            self.assertRaises(KeyExhausted, self.allowances.admit, "a", float(when))
        self.allowances.admit("a", 61.0)

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
