"""How long may a server be silent before it begins to answer?

One timer, which runs while a whole request waits for the head of its answer. What follows when the time is over is the
connection's business.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Silence:
    """Calls `broken` once the silence has lasted for `seconds`, from the last byte of a request."""

    def __init__(self, seconds: float, clock: IReactorTime, broken: Callable[[float], None]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._broken = broken
        self._timer: IDelayedCall | None = None

    def begin(self) -> None:
        """The request is complete, and the answer has not begun. Harmless while it lasts."""
        if self._timer is None:
            self._timer = self._clock.callLater(self._seconds, self._over)

    def end(self) -> None:
        """It is not silence any more: the answer has begun, there is more of the request, or nobody waits."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _over(self) -> None:
        self._timer = None
        self._broken(self._seconds)
