"""Following a stream of the server for as long as wanted: when it breaks, it is asked for again.

The first attempt must succeed: a wrong address or key is told at once. Later ones may fail for as long as they like.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from llamaswap.terminal.client import NoAnswer, Refused

_LONGEST_WAIT = 5.0


def waits() -> Iterator[float]:
    """Seconds before each further attempt: 1, 2, 4, then 5 each time."""
    seconds = 1.0
    while True:
        yield seconds
        seconds = min(seconds * 2, _LONGEST_WAIT)


class Following:
    """`attempt` opens the stream and returns at its end, or raises `NoAnswer` or `Refused`; it calls `begun` of this
    object when the stream has begun. `lost` is told why it is over, each time."""

    def __init__(
        self, attempt: Callable[[], Awaitable[None]], lost: Callable[[str], object], clock: IReactorTime
    ) -> None:
        self._attempt = attempt
        self._lost = lost
        self._clock = clock
        self._waits = waits()
        self.ever = False
        """The stream has begun once."""

    def begun(self) -> None:
        """The stream is there."""
        self.ever = True
        self._waits = waits()

    async def go_on(self) -> None:
        """Never returns. Raises what the first attempt fails with; `Refused` later too, unless the server is at fault.

        Cancelling hangs up.
        """
        while True:
            try:
                await self._attempt()
                why = "the server has ended the stream"
            except (NoAnswer, Refused) as error:
                if not self.ever or (isinstance(error, Refused) and error.status < 500):
                    raise
                why = str(error)
            self._lost(why)
            await _pause(next(self._waits), self._clock)


def _pause(seconds: float, clock: IReactorTime) -> Deferred[None]:
    """Fires after so many seconds; cancelling stops the timer."""
    timer = clock.callLater(seconds, lambda: over.callback(None))
    over: Deferred[None] = Deferred(lambda _: timer.cancel())
    return over
