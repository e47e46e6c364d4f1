"""What this machine is made of, found out once, beside the start (http-api section 19, W-26).

Who asks while it is being found out waits for it, and no longer than its time: `BUDGET` seconds from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.backends.waiters import Waiters
from llamaswap.errors import HardwareUnknown
from llamaswap.threads import InThread

BUDGET = 10.0
"""Seconds that anybody waits for it."""
Snapshot = Mapping[str, Any]
"""As `GET /api/hardware` tells it."""


class Detection:
    """Has `detect` find out, in a thread. What comes late is told to those who ask later."""

    log = Logger()

    def __init__(self, detect: Callable[[], Snapshot], *, in_thread: InThread, clock: IReactorTime) -> None:
        self._detect = detect
        self._in_thread = in_thread
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._pending = True
        self._waiting: Waiters[Snapshot] = Waiters()
        self._limit: IDelayedCall | None = None

    def start(self) -> None:
        """Begin."""
        self._limit = self._clock.callLater(BUDGET, self._late)
        self._in_thread(self._detect).addCallbacks(self._found, self._failed)

    def stop(self) -> None:
        """Nobody waits any more."""
        self._give_up()

    def snapshot(self) -> Deferred[Snapshot]:
        """Fires with what was found; fails with `HardwareUnknown`. Cancelling gives up the wait."""
        if self._snapshot is not None:
            return succeed(self._snapshot)
        return self._waiting.add() if self._pending else fail(HardwareUnknown())

    def _found(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._waiting.fire(snapshot)
        self._give_up()

    def _failed(self, failure: Failure) -> None:
        self.log.warn("the hardware could not be detected: {why}", why=failure.getErrorMessage() or failure.type)
        self._give_up()

    def _late(self) -> None:
        self.log.warn("the hardware is not detected after {seconds:g} s", seconds=BUDGET)
        self._give_up()

    def _give_up(self) -> None:
        self._pending = False
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        self._waiting.fail(HardwareUnknown())
