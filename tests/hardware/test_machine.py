"""The machine of a server: when both halves begin and end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Performance
from llamaswap.errors import HardwareUnknown
from llamaswap.hardware.machine import Machine


class MachineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.work: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.machine = Machine(dict, self.in_thread, self.clock)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        self.work.append((work, Deferred()))
        return self.work[-1][1]

    def do(self) -> None:
        """What is to be done in threads."""
        while self.work:
            work, result = self.work.pop(0)
            result.callback(work())

    def test_a_life(self) -> None:
        """On this very machine: one sample an interval, and the hardware once."""
        self.machine.start(Performance())
        asked = self.machine.detection.snapshot()
        self.do()
        self.assertGreater(self.successResultOf(asked)["memory"]["capacity_bytes"], 0)
        for _ in range(2):
            self.clock.advance(5)
            self.do()
        self.assertEqual([sample.when for sample in self.machine.sampler.history().system], [5, 10])
        self.machine.configure(Performance(every=7.0))
        self.do()
        self.clock.advance(7)
        self.do()
        self.assertEqual([sample.when for sample in self.machine.sampler.history().system], [17])
        self.machine.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_before_and_after(self) -> None:
        """Settings mean nothing when it does not run."""
        self.machine.configure(Performance())
        self.machine.stop()
        self.machine.configure(Performance())
        self.assertEqual((self.work, self.clock.getDelayedCalls()), ([], []))
        self.failureResultOf(self.machine.detection.snapshot(), HardwareUnknown)

    def test_nothing_is_kept_waiting(self) -> None:
        """The start only asks for work in threads (W-26), and the end waits for none of it."""
        self.machine.start(Performance())
        self.assertEqual(len(self.work), 2)
        asked = self.machine.detection.snapshot()
        self.machine.stop()
        self.failureResultOf(asked, HardwareUnknown)
        self.assertEqual(self.clock.getDelayedCalls(), [])
