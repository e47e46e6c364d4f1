"""How late the reactor is."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.lag import PERIOD, Lag
from llamaswap.series import Distribution


class LagTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.lag = Lag(self.clock)

    def shown(self) -> Distribution:
        ((labels, shown),) = self.lag.family().samples
        self.assertEqual(labels, ())
        assert isinstance(shown, Distribution)
        return shown

    def test_nobody_looks_before_the_first_scrape(self) -> None:
        """A server that nobody watches does not wake up for this."""
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(list(self.lag.family().samples), [])

    def test_lateness(self) -> None:
        """How much later it came than it was due."""
        self.lag.begin()
        self.lag.begin()
        self.clock.advance(PERIOD)
        self.clock.advance(PERIOD + 0.75)
        self.assertEqual(self.shown().sum, 0.75)
        self.assertEqual(sum(self.shown().counts), 2)

    def test_the_end(self) -> None:
        """Leaves no timer, and there is no beginning after it."""
        self.lag.begin()
        self.lag.stop()
        self.lag.stop()
        self.lag.begin()
        self.assertEqual(self.clock.getDelayedCalls(), [])
