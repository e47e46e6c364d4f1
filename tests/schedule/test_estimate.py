"""How long to wait before trying again."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.schedule.backoff import Backoff
from llamaswap.schedule.estimate import Estimate


class EstimateTests(SynchronousTestCase):
    def test_without_history(self) -> None:
        """One second when nothing is known."""
        self.assertEqual(Estimate().retry_after(100, 1, 0.0), 1)

    def test_those_ahead(self) -> None:
        """Those ahead are served as many at a time as there are places."""
        estimate = Estimate()
        estimate.served(4.0)
        self.assertEqual(estimate.retry_after(9, 2, None), 20)

    def test_the_load(self) -> None:
        """What is left of the load comes first, and never less than nothing."""
        estimate = Estimate()
        estimate.loaded(30.0)
        self.assertEqual(estimate.retry_after(0, 1, 0.0), 30)
        self.assertEqual(estimate.retry_after(0, 1, 25.5), 5)
        self.assertEqual(estimate.retry_after(0, 1, 99.0), 1)
        self.assertEqual(estimate.retry_after(0, 1, None), 1)

    def test_a_minute_at_most(self) -> None:
        """Never more than sixty seconds."""
        estimate = Estimate()
        estimate.served(1000.0)
        self.assertEqual(estimate.retry_after(5, 1, None), 60)

    def test_the_newest_counts_most(self) -> None:
        """The average follows what happens, and a clock that was set back does no harm."""
        estimate = Estimate()
        for seconds in (10.0, -5.0, 20.0):
            estimate.served(seconds)
        self.assertEqual(estimate.retry_after(0, 1, None), 11)


class BackoffTests(SynchronousTestCase):
    def test_first_failure(self) -> None:
        """The first failure is retried at once."""
        backoff = Backoff()
        self.assertIsNone(backoff.refusal(0.0))
        backoff.failed("no luck", 0.0)
        self.assertIsNone(backoff.refusal(0.0))

    def test_growing_pauses(self) -> None:
        """Then come pauses of 1, 2, 4 … and never more than 60 seconds, however often it fails."""
        backoff = Backoff()
        backoff.failed("no luck", 0.0)
        pauses = []
        for _ in range(2000):
            backoff.failed("no luck", 100.0)
            refusal = backoff.refusal(100.0)
            assert refusal is not None
            pauses.append(refusal.retry_after)
        self.assertEqual(pauses[:8], [1, 2, 4, 8, 16, 32, 60, 60])
        self.assertEqual(pauses[-1], 60)

    def test_over(self) -> None:
        """The pause is over when its time is, and rounded up until then."""
        backoff = Backoff()
        for _ in range(3):
            backoff.failed("no luck", 100.0)
        refusal = backoff.refusal(100.5)
        assert refusal is not None
        self.assertEqual((refusal.retry_after, refusal.cause), (2, "no luck; next attempt in 2 s"))
        self.assertIsNone(backoff.refusal(102.0))

    def test_served(self) -> None:
        """A request that was served makes it forget."""
        backoff = Backoff()
        for _ in range(5):
            backoff.failed("no luck", 100.0)
        backoff.served()
        self.assertIsNone(backoff.refusal(100.0))
        backoff.failed("no luck", 100.0)
        self.assertIsNone(backoff.refusal(100.0))
