"""`GET /metrics`, for Prometheus (http-api section 18.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.defer import Deferred

from llamaswap.config.schema import Settings
from llamaswap.web.answers import Answer
from llamaswap.web.call import Call, Respond

_TYPE = ((b"Content-Type", b"text/plain; version=0.0.4; charset=utf-8"),)
_OFF = Answer(
    503, _TYPE, b"# performance monitoring is disabled; `prometheus: {always: true}` shows the other figures\n"
)


class MetricsPage:
    """The endpoint. `write` writes the figures; its argument: those of the engines, too."""

    def __init__(
        self, settings: Settings, watched: Callable[[], bool], write: Callable[[bool], Deferred[bytes]]
    ) -> None:
        """`watched`: is the machine watched, or has it been? (Section 18.1.)"""
        self._watched = watched
        self._write = write
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Answer by these settings."""
        self._settings = settings.prometheus

    def endpoints(self) -> Mapping[str, Respond]:
        """What answers, by endpoint name."""
        return {"metrics": self.metrics}

    async def metrics(self, call: Call) -> Answer:
        """All figures, or a remark that there are none."""
        if not (self._watched() or self._settings.always):
            return _OFF
        return Answer(200, _TYPE, await self._write(self._settings.engines))
