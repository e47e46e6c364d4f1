"""A request that this server asks of itself: an `Exchange` in memory, in the name of whoever asked the `outer` one.

It passes the same gate, with the same API key, cookie and address. Its answer goes, piece by piece, to whoever listens.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred

from llamaswap.errors import NotSupportedHere
from llamaswap.exchange import Caller, Exchange, Header, Memory, Producer, TunnelEnd
from llamaswap.proxy.headers import named_by_connection

_OF_THE_OUTER = frozenset(
    b"accept-encoding connection content-encoding content-length content-type expect keep-alive last-event-id te"
    b" trailer transfer-encoding upgrade".split()
)
"""Headers that say how the outer request is sent."""


class Front(Protocol):
    """Who answers (`web/front.py`)."""

    def receive(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None: ...
    def ended(self, exchange: Exchange) -> None: ...


class Listener(Protocol):
    """Who hears of the answer."""

    def head(self, status: int, headers: Sequence[Header]) -> None: ...
    def data(self, piece: bytes) -> None: ...
    def complete(self) -> None: ...
    def broke(self, why: str) -> None:
        """There will be no more of it."""


class InnerBody:
    """A body that is there."""

    complete = True

    def __init__(self, content: bytes) -> None:
        self.length: int | None = len(content)
        self._rest = content

    def take(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest

    async def read(self) -> bytes:
        return self.take()


class InnerExchange:
    """A POST of JSON to `path`."""

    raw_chunks = False
    method = b"POST"
    version = b"1.1"

    def __init__(self, outer: Exchange, path: bytes, body: bytes, listener: Listener) -> None:
        self._listener = listener
        self._task: Deferred[None] | None = None
        self._producer: Producer | None = None
        self._paused = self._cancelled = self._over = False
        self.caller: Caller | None = None
        self.memory: Memory = {}
        self.target, self.mount = path, outer.mount
        self.peer, self.local, self.secure = outer.peer, outer.local, outer.secure
        self.body = InnerBody(body)
        self.status = self.sent = 0
        dropped = _OF_THE_OUTER | named_by_connection(outer.headers)
        self.headers: Sequence[Header] = [
            *(header for header in outer.headers if header[0].lower() not in dropped),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", b"%d" % len(body)),
        ]

    async def be_answered(self, front: Front) -> None:
        """Have it answered; ends when it is over, as the listener has heard by then. Cancelling gives it up."""
        answering = front.receive(self)
        try:
            if answering is not None:
                self._task = Deferred.fromCoroutine(answering)
                await self._task
        except CancelledError:
            if not self._cancelled:
                raise
        finally:
            front.ended(self)
        self.abort()

    def pause(self) -> None:
        """Let nothing more come, as far as that can be helped."""
        self._paused = True
        if self._producer is not None:
            self._producer.pauseProducing()

    def resume(self) -> None:
        self._paused = False
        if self._producer is not None:
            self._producer.resumeProducing()

    # -- the exchange ------------------------------------------------------------------------------------------------

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        """Dropped: nobody waits for one."""

    def begin(
        self,
        status: int,
        headers: Sequence[Header],
        *,
        reason: bytes = b"",
        length: int | None = None,
        raw: bool = False,
        more: bool = False,
    ) -> None:
        self.status = status
        self._listener.head(status, headers)

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        if not self._over:
            self._listener.data(data)

    def finish(self) -> None:
        if not self._over:
            self._over = True
            self._listener.complete()

    def abort(self) -> None:
        if not self._over:
            self._over = True
            self._listener.broke("the request was cancelled" if self._cancelled else "the answer broke off")

    def cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def produce(self, producer: Producer | None) -> None:
        self._producer = producer
        if producer is not None and self._paused:
            producer.pauseProducing()

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        raise NotSupportedHere("an inner request cannot be upgraded")
