"""Hardware is found out once, beside the start (W-26): who asks meanwhile, and when it takes too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import HardwareUnknown
from llamaswap.hardware.detection import BUDGET, Detection


class DetectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.found: Deferred[Any] = Deferred()
        self.begun = 0
        self.detection = Detection(dict, in_thread=self.in_thread, clock=self.clock)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        self.begun += 1
        return self.found

    def test_w26_who_asks_waits(self) -> None:
        """Also before it has begun; it is found out once, and one who leaves takes nothing from the others."""
        early = self.detection.snapshot()
        self.detection.start()
        late, leaver = self.detection.snapshot(), self.detection.snapshot()
        leaver.cancel()
        self.failureResultOf(leaver, CancelledError)
        self.assertNoResult(late)
        self.found.callback({"x": 1})
        for asked in (early, late, self.detection.snapshot()):
            self.assertEqual(self.successResultOf(asked), {"x": 1})
        self.assertEqual((self.begun, self.clock.getDelayedCalls()), (1, []))

    def test_failed(self) -> None:
        """The log says why; everybody is refused."""
        self.detection.start()
        asked = self.detection.snapshot()
        with capturedLogs() as events:
            self.found.errback(OSError("no /proc"))
        self.assertEqual([formatEvent(e) for e in events], ["the hardware could not be detected: no /proc"])
        for each in (asked, self.detection.snapshot()):
            self.assertEqual(self.failureResultOf(each, HardwareUnknown).value.status, 503)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_w26_it_takes_too_long(self) -> None:
        """Nobody waits longer than the budget; what comes after all is told to those who ask then."""
        self.detection.start()
        self.clock.advance(BUDGET - 0.1)
        asked = self.detection.snapshot()
        with capturedLogs() as events:
            self.clock.advance(0.1)
        self.assertEqual([formatEvent(e) for e in events], ["the hardware is not detected after 10 s"])
        self.failureResultOf(asked, HardwareUnknown)
        self.failureResultOf(self.detection.snapshot(), HardwareUnknown)
        self.found.callback({"x": 1})
        self.assertEqual(self.successResultOf(self.detection.snapshot()), {"x": 1})

    def test_the_end(self) -> None:
        """Nobody waits any more, and no timer is left."""
        self.detection.start()
        asked = self.detection.snapshot()
        self.detection.stop()
        self.failureResultOf(asked, HardwareUnknown)
        self.failureResultOf(self.detection.snapshot(), HardwareUnknown)
        self.assertEqual(self.clock.getDelayedCalls(), [])
