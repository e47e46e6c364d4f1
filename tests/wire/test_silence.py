"""The timer of a server that does not begin to answer."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.wire.silence import Silence


class SilenceTests(SynchronousTestCase):
    """Silence of five seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.heard: list[float] = []
        self.silence = Silence(5.0, self.clock, self.heard.append)

    def test_too_long(self) -> None:
        """Told once, with the limit; then it may begin again."""
        self.silence.begin()
        self.clock.advance(4)
        self.silence.begin()
        self.assertEqual(self.heard, [])
        self.clock.advance(1)
        self.clock.advance(9)
        self.assertEqual(self.heard, [5.0])
        self.silence.end()
        self.silence.begin()
        self.clock.advance(5)
        self.assertEqual(self.heard, [5.0, 5.0])

    def test_ended_in_time(self) -> None:
        """No timer is left, and the next one has all of its time."""
        self.silence.begin()
        self.clock.advance(4)
        self.silence.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.silence.begin()
        self.clock.advance(4)
        self.assertEqual(self.heard, [])
