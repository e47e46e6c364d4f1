"""A long answer that is written no faster than it is read."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.web.server import Request


@implementer(IPushProducer)
class Flow:
    """Says when there is room for more of the answer to `request`, for the length of its block."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._paused = False
        self._waiting: Deferred[None] | None = None

    def __enter__(self) -> Flow:
        self._request.registerProducer(self, True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._request.channel is not None:  # None once the client is gone
            self._request.unregisterProducer()

    def open(self) -> Deferred[None]:
        """Fires when the reader has caught up. Cancelling gives up the wait."""
        if not self._paused:
            return succeed(None)
        self._waiting = Deferred()
        return self._waiting

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)

    def stopProducing(self) -> None:
        """The reader is gone, and whoever writes is cancelled."""
        self.pauseProducing()
