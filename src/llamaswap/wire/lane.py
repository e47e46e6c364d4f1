"""The second lane: a message of our channel as an ordinary `twisted.web` request for a resource tree.

`twisted.web` asks a few things of the channel a request came in on; `_Facade` answers them for one exchange, so that
both lanes share a connection and keep its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from twisted.web.resource import IResource
from twisted.web.server import Request, Site
from zope.interface import Interface

from llamaswap.errors import BodyTooLarge
from llamaswap.exchange import Header, Producer
from llamaswap.wire.served import ServedExchange

_BODY_LIMIT = 8 * 1024
"""Nothing in the resource tree takes a larger body, and some of it anybody may ask."""
_FORM = re.compile(rb"\s*(multipart/form-data|application/x-www-form-urlencoded)", re.IGNORECASE)
"""No route of the tree takes a form; `twisted.web` would parse one at once, on the reactor, and choke on a bad one."""
_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"connection"))


class ICaller(Interface):
    """The component of a request that says whose it is: an `exchange.Caller`; absent where nobody was asked."""


class TreeLane:
    """Answers exchanges out of the resource tree `root`."""

    def __init__(self, root: IResource) -> None:
        self._site = Site(root)
        self._site.displayTracebacks = False

    async def serve(self, exchange: ServedExchange) -> None:
        """Ends when the request is finished. Cancelling tells the request that its connection is lost."""
        body = await _collect(exchange)
        facade = _Facade(exchange, self._site)
        request = _request(exchange, facade, body)
        try:
            await facade.done
        except CancelledError:
            request.connectionLost(Failure(ConnectionLost("the client hung up")))
            raise


async def _collect(exchange: ServedExchange) -> bytes:
    """The whole body. Raises `BodyTooLarge` as soon as it is, and what `RequestBody.read` does."""
    body = bytearray()
    while piece := await exchange.body.read():
        body += piece
        if len(body) > _BODY_LIMIT:
            raise BodyTooLarge(f"this route takes no more than {_BODY_LIMIT // 1024} KiB of request body")
    return bytes(body)


def _request(exchange: ServedExchange, facade: _Facade, body: bytes) -> Request:
    request = Request(facade)
    for name, value in exchange.headers:
        if name.lower() != b"content-type" or not _FORM.match(value):
            request.requestHeaders.addRawHeader(name, value)
    if exchange.caller is not None:
        request.setComponent(ICaller, exchange.caller)
    request.gotLength(len(body))
    request.handleContentChunk(body)
    request.requestReceived(exchange.method, exchange.target, b"HTTP/" + exchange.version)
    return request


class _Facade:
    """What a `twisted.web` request asks of its channel."""

    def __init__(self, exchange: ServedExchange, site: Site) -> None:
        self._exchange = exchange
        self.site = self.factory = site
        self.transport = exchange.transport
        self.done: Deferred[None] = Deferred()

    def isSecure(self) -> bool:
        return self._exchange.secure

    def getPeer(self) -> IAddress:
        return self.transport.getPeer()

    def getHost(self) -> IAddress:
        return self.transport.getHost()

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        lines: list[Header] = []
        length, chunked = None, False
        for name, values in headers.getAllRawHeaders():
            lower = name.lower()
            if lower not in _FRAMING:
                lines += [(name, value) for value in values]
            elif lower == b"content-length":
                length = int(values[0])
            elif lower == b"transfer-encoding":
                chunked = True
        self._exchange.begin(int(code), lines, reason=reason, length=length, raw=chunked)

    def write(self, data: bytes) -> None:
        self._exchange.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self._exchange.write(b"".join(data))

    def registerProducer(self, producer: object, streaming: bool) -> None:
        self._exchange.produce(cast(Producer, producer))

    def unregisterProducer(self) -> None:
        self._exchange.produce(None)

    def loseConnection(self) -> None:
        self._exchange.abort()

    def abortConnection(self) -> None:
        self._exchange.abort()

    def requestDone(self, request: Request) -> None:
        self._exchange.finish()
        if not self.done.called:
            self.done.callback(None)
