"""Threads that may not come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.guarded import GuardedThreads, StillHanging


class GuardedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.at_work: list[Deferred[Any]] = []
        self.begin = GuardedThreads(self.in_thread)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        self.at_work.append(Deferred())
        return self.at_work[-1]

    def test_results(self) -> None:
        """As they come, failures as well."""
        good, bad = self.begin(lambda: 1), self.begin(lambda: 2)
        self.at_work[0].callback(1)
        self.at_work[1].errback(ZeroDivisionError())
        self.assertEqual(self.successResultOf(good), 1)
        self.failureResultOf(bad, ZeroDivisionError)

    def test_what_hangs_gets_no_more(self) -> None:
        """Until it has come back, whatever became of it."""
        for outcome in (1, ZeroDivisionError()):
            forgotten = self.begin(lambda: 1)
            forgotten.cancel()
            self.failureResultOf(forgotten, CancelledError)
            begun = len(self.at_work)
            self.failureResultOf(self.begin(lambda: 2), StillHanging)
            self.assertEqual(len(self.at_work), begun)
            came_back = self.at_work[-1]
            came_back.errback(outcome) if isinstance(outcome, Exception) else came_back.callback(outcome)
            self.begin(lambda: 3)
            self.at_work[-1].callback(3)
        self.assertEqual(self.successResultOf(GuardedThreads(lambda work: succeed(work()))(lambda: 4)), 4)
