"""The whole server as one `twisted.web` resource, so that it can be mounted in another site.

An adapter shows a `Request` as an `Exchange`. Two things it cannot do, because twisted.web does not: a request's body
is complete before anything is asked, and a connection cannot be upgraded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Sequence
from io import BytesIO
from typing import IO, Any, Protocol

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, Request
from zope.interface import implementer

from llamaswap.errors import NotSupportedHere
from llamaswap.exchange import Caller, Exchange, Header, Memory, Producer, TunnelEnd
from llamaswap.web.call import begin, cut
from llamaswap.web.root import placed
from llamaswap.wire.lane import ICaller

PIECE = 64 * 1024
"""Bytes of a request body that are read at once."""


class Front(Protocol):
    """What exchanges are handed to (`web/front.py`)."""

    def receive(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None: ...
    def ended(self, exchange: Exchange) -> None: ...


class LlamaSwapResource(Resource):
    """Answers every path below the place where it is mounted."""

    log = Logger()
    isLeaf = True

    def __init__(self, front: Front, tree: IResource) -> None:
        """`tree` answers the requests that `front` leaves to it."""
        super().__init__()
        self._front = front
        self._tree = tree

    def render(self, request: Request) -> Any:
        exchange = RequestExchange(request)
        answering = self._front.receive(exchange)
        finished = request.notifyFinish()
        if answering is None:
            finished.addBoth(lambda _: self._front.ended(exchange))
            if exchange.caller is not None:
                request.setComponent(ICaller, exchange.caller)
            return self._tree.render(request)
        task = exchange.task = Deferred.fromCoroutine(answering)
        task.addErrback(self._broke, exchange)
        finished.addErrback(lambda _: task.cancel())
        finished.addBoth(lambda _: self._front.ended(exchange))
        return NOT_DONE_YET

    def _broke(self, failure: Failure, exchange: Exchange) -> None:
        """A coroutine that fails otherwise than by being cancelled is a bug of ours; the client is not kept waiting."""
        if failure.check(CancelledError) is None:
            self.log.failure("an exchange was not answered", failure)
        exchange.abort()


class RequestBodyFile:
    """The body of a request that has all arrived."""

    def __init__(self, request: Request) -> None:
        self._file: IO[bytes] = request.content or BytesIO()
        self._file.seek(0, 2)
        self.length: int | None = self._file.tell()
        self._file.seek(0)

    @property
    def complete(self) -> bool:
        return True

    def take(self) -> bytes:
        return self._file.read()

    def read(self) -> Awaitable[bytes]:
        return succeed(self._file.read(PIECE))


@implementer(IPushProducer)
class _Steered:
    """A producer as Twisted wants to see it."""

    def __init__(self, producer: Producer) -> None:
        self.pauseProducing = producer.pauseProducing
        self.resumeProducing = producer.resumeProducing
        self.stopProducing = producer.stopProducing


class RequestExchange:
    """A `twisted.web` request as an `Exchange`; its target is the one below the mount."""

    raw_chunks = False

    def __init__(self, request: Request) -> None:
        self._request = request
        self.mount, self.target = placed(request)
        self._aborted = False
        self.caller: Caller | None = None
        self.memory: Memory = {}
        self.task: Deferred[None] | None = None
        """The coroutine that answers it."""
        self.method: bytes = request.method
        self.version = request.clientproto.rpartition(b"/")[2]
        self.secure = bool(request.isSecure())
        self.peer: str = getattr(request.getClientAddress(), "host", "")
        self.local: str = getattr(request.getHost(), "host", "")
        self.headers: Sequence[Header] = [
            (name, value) for name, values in request.requestHeaders.getAllRawHeaders() for value in values
        ]
        self.body = RequestBodyFile(request)

    def header(self, name: bytes) -> bytes | None:
        values = self._request.requestHeaders.getRawHeaders(name)
        return values[0] if values else None

    @property
    def status(self) -> int:
        return self._request.code if self._request.startedWriting else 0

    @property
    def sent(self) -> int:
        return int(self._request.sentLength)

    @property
    def over(self) -> bool:
        """Nothing can be sent any more: finished, or the client is gone."""
        return bool(self._request.finished) or self._gone

    @property
    def _gone(self) -> bool:
        return getattr(self._request, "channel", None) is None

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        """Dropped: twisted.web knows no 1xx but its own."""

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
        if self._gone:
            return
        for name, _ in headers:
            self._request.responseHeaders.removeHeader(name)  # twisted.web has put its own Date and Server there
        begin(self._request, status, headers, length, reason)

    def write(self, data: bytes) -> None:
        if not self.over:
            self._request.write(data)

    def finish(self) -> None:
        if not self.over and not self._aborted:
            self._request.finish()

    def abort(self) -> None:
        if not self.over and not self._aborted:
            self._aborted = True
            cut(self._request)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def produce(self, producer: Producer | None) -> None:
        if self.over:
            return
        if producer is None:
            self._request.unregisterProducer()
        else:
            self._request.registerProducer(_Steered(producer), True)

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        raise NotSupportedHere("this server is mounted in a site that cannot upgrade connections")
