"""How late the reactor is: whatever keeps it busy keeps every client waiting."""

from __future__ import annotations

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from llamaswap.metrics.buckets import LAGS, Histogram
from llamaswap.series import Family

PERIOD = 1.0
"""Seconds between two looks."""


class Lag:
    """Looks once a second from the first `begin` to `stop`."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._histogram = Histogram(LAGS)
        self._call: IDelayedCall | None = None
        self._over = False

    def begin(self) -> None:
        """Look from now on; harmless when it does, and after `stop`."""
        if self._call is None and not self._over:
            self._look_again()

    def stop(self) -> None:
        """Look no more, for good. May be called twice."""
        self._over = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def family(self) -> Family:
        """All that was seen."""
        samples = [] if self._histogram.empty else [((), self._histogram.shown())]
        name, what = (
            "llamaswap_reactor_lag_seconds",
            "How late the server comes to what is due, looked at every second.",
        )
        return Family(name, "histogram", what, (), samples)

    def _look_again(self) -> None:
        self._due = self._clock.seconds() + PERIOD
        self._call = self._clock.callLater(PERIOD, self._look)

    def _look(self) -> None:
        self._histogram.observe(max(self._clock.seconds() - self._due, 0.0))
        self._look_again()
