"""Threads that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Event, current_thread
from threading import enumerate as threads
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.hardware.threads import LooseThreads


class Reactor:
    """What threads hand to it is done by `turn`."""

    def __init__(self) -> None:
        self._handed: Queue[Callable[[], Any]] = Queue()

    def callFromThread(self, call: Callable[..., Any], *arguments: Any) -> None:
        self._handed.put(lambda: call(*arguments))

    def turn(self) -> None:
        self._handed.get(timeout=20)()


class LooseThreadsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.in_thread = LooseThreads(self.reactor)  # type: ignore[arg-type]

    def test_results(self) -> None:
        """Come in the reactor's turn, from a thread that does not keep the program from ending; failures as well."""
        result = self.in_thread(lambda: current_thread().daemon)
        self.assertNoResult(result)
        self.reactor.turn()
        self.assertTrue(self.successResultOf(result))
        failing = self.in_thread(lambda: 1 // 0)
        self.reactor.turn()
        self.failureResultOf(failing, ZeroDivisionError)

    def test_cancel(self) -> None:
        """Whoever does not wait any more is left alone when the work is done after all."""
        leave = Event()
        result = self.in_thread(lambda: leave.wait(20))
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertIn("hardware", [thread.name for thread in threads()])
        leave.set()
        self.reactor.turn()
