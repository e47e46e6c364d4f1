"""One request to one upstream, and its answer back to the client, byte by byte as it comes.

Back-pressure works both ways and nothing is kept. A request that failed on a kept-alive connection before a byte of
answer came is sent once more on a fresh one. Which model, and whether it runs, was settled before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.errors import BadGateway, ConnectFailed, LlamaSwapError, Unreachable, UpstreamFailed, UpstreamSilent
from llamaswap.exchange import Exchange, Header, RequestBody
from llamaswap.proxy.body import StoredBody
from llamaswap.proxy.headers import (
    Introduction,
    from_peer,
    in_readable_codings,
    readable_query,
    towards_client,
    towards_peer,
    towards_upstream,
    upgrade_lines,
)
from llamaswap.wire.connection import AnswerHead, Connection
from llamaswap.wire.lines import Lines
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

log = Logger()

_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"))


class Witness(Protocol):
    """Sees an answer pass, and must not keep it waiting (`metrics/entry.py`)."""

    reads: bool
    """It reads the answer, which so must come in a coding that can be."""

    def begun(self, status: int, reason: bytes, headers: Sequence[Header]) -> None:
        """Its head is about to be sent. Told again when an answer goes on behind the head of another."""

    def passed(self, pieces: Sequence[bytes]) -> None:
        """These bytes of its body were sent; without framing, but in the coding that the head names."""

    def broke(self, why: str) -> None:
        """It ends too early."""


class Outgoing(NamedTuple):
    """What goes to the upstream."""

    target: bytes
    """Path and query below the upstream's base path."""
    body: StoredBody | None = None
    """None: the exchange's own body is streamed as it arrives."""
    keep_credentials: bool = True
    """The client's `Authorization` and `x-api-key` are not ours, so they may pass."""
    introduction: Introduction | None = None
    """For another server; None towards the server of a model here."""
    heard: Callable[[], None] | None = None
    """Told when the head of the answer is here, whatever it says."""
    witness: Witness | None = None


async def forward(exchange: Exchange, upstream: Upstream, outgoing: Outgoing) -> None:
    """Relay one request and its answer; ends after the last byte.

    Raises `BadGateway` when the upstream fails before its answer begins, `Unreachable` when nothing of the request can
    have come to it; cuts the client's connection when it fails later, so that a truncated answer never looks complete
    (W-21). Cancelling hangs up on the upstream.
    """
    try:
        try:
            await _relay(exchange, upstream, outgoing, fresh=False)
        except _StaleConnection as stale:
            await _relay_again(exchange, upstream, outgoing, stale)
    except ConnectFailed as error:
        raise Unreachable(str(error), again=error.again) from error
    except UpstreamFailed as error:
        if not exchange.status:
            raise BadGateway(f"{error} ({upstream.origin})") from error
        log.info(
            "recovered from upstream disconnection during streaming: {error} ({origin})",
            error=error,
            origin=upstream.origin,
        )
        if outgoing.witness is not None:
            outgoing.witness.broke(str(error))
        exchange.abort()


class _StaleConnection(Exception):
    """A kept-alive connection turned out dead before anything came back; the request can be sent again."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__()
        self.asked = asked
        """Something of the request was sent on it."""


async def _relay_again(exchange: Exchange, upstream: Upstream, outgoing: Outgoing, stale: _StaleConnection) -> None:
    try:
        await _relay(exchange, upstream, outgoing, fresh=True)
    except ConnectFailed as error:
        if stale.asked:  # it may have been acted upon, so nobody else is to be asked
            raise UpstreamFailed(str(error)) from error
        raise


async def _relay(exchange: Exchange, upstream: Upstream, outgoing: Outgoing, *, fresh: bool) -> None:
    upgrade = wants_websocket(exchange)
    request = _Request(exchange, upstream, outgoing, upgrade)
    connection = (None if fresh else upstream.take_kept()) or await upstream.connect()
    try:
        answer = await request.send(connection)
        if outgoing.heard is not None:
            outgoing.heard()
        if answer.status == 101:
            await _tunnel(exchange, connection, answer, upgrade, outgoing)
        elif (end := _answer(exchange, connection, answer, outgoing)) is not None:
            await end
    except UpstreamFailed as error:
        if not fresh and _may_be_sent_again(exchange, outgoing, connection, error):
            raise _StaleConnection(asked=connection.asked) from error
        raise
    finally:
        request.stop()
        upstream.give_back(connection)


def _may_be_sent_again(exchange: Exchange, outgoing: Outgoing, connection: Connection, error: UpstreamFailed) -> bool:
    """A kept-alive connection broke before a byte of answer, and the upstream cannot have done the work already."""
    if not connection.used or connection.answered_anything:
        return False
    if isinstance(error, UpstreamSilent):  # not dead: it may be at work
        return False
    whole = outgoing.body is not None or exchange.body.length == 0
    return whole and (not connection.asked or exchange.method in _IDEMPOTENT)


def wants_websocket(exchange: Exchange) -> bool:
    """The request is an upgrade to websocket: case-insensitive, comma lists, repeated headers (http-api 6.10)."""
    if exchange.header(b"upgrade") is None:
        return False
    return _has_token(exchange.headers, b"connection", b"upgrade") and _has_token(
        exchange.headers, b"upgrade", b"websocket"
    )


def _has_token(headers: Sequence[Header], name: bytes, token: bytes) -> bool:
    return any(
        token == part.strip().lower() for key, value in headers if key.lower() == name for part in value.split(b",")
    )


class _Request:
    """A request on its way out; the body may still be streaming while the answer comes."""

    __slots__ = ("_exchange", "_failure", "_head", "_outgoing", "_pump")

    def __init__(self, exchange: Exchange, upstream: Upstream, outgoing: Outgoing, upgrade: bool) -> None:
        self._exchange = exchange
        self._outgoing = outgoing
        self._head = _head(exchange, upstream, outgoing, upgrade)
        self._pump: Deferred[None] | None = None
        self._failure: LlamaSwapError | None = None

    def send(self, connection: Connection) -> Awaitable[AnswerHead]:
        """Fires with the head of the answer. Fails with `UpstreamFailed`, or what went wrong with the client's body."""
        body = self._outgoing.body
        whole = body is not None and body.in_memory
        data = self._head + body.joined() if body is not None and whole else self._head
        answer = connection.send(data, no_body=self._exchange.method == b"HEAD", interim=self._interim)
        return answer if whole else self._stream(connection, body, answer)

    async def _stream(
        self, connection: Connection, body: StoredBody | None, answer: Awaitable[AnswerHead]
    ) -> AnswerHead:
        self._start_pump(connection, body)
        try:
            return await answer
        except UpstreamFailed:
            self.stop()
            if self._failure is not None:
                raise self._failure from None
            raise
        except BaseException:
            self.stop()
            raise

    def _interim(self, status: int, headers: Sequence[Header]) -> None:
        self._exchange.interim(status, towards_client(headers))

    def stop(self) -> None:
        """The answer is complete, or nobody wants it: what is left of the body is not sent."""
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()

    def _start_pump(self, connection: Connection, body: StoredBody | None) -> None:
        pieces = _stored(connection, body) if body is not None else _streamed(connection, self._exchange.body)
        connection.request_sent = False
        self._pump = Deferred.fromCoroutine(_pump(connection, pieces))
        self._pump.addErrback(self._pump_failed, connection)

    def _pump_failed(self, failure: Failure, connection: Connection) -> None:
        """Before the answer a broken body ends the request; once it has begun, the answer goes on (W-38)."""
        if failure.check(CancelledError):
            return
        if not isinstance(failure.value, LlamaSwapError):
            log.failure("sending a request's body failed", failure)
            connection.abort()
        elif not self._exchange.status:
            self._failure = failure.value
            connection.abort()


def _head(exchange: Exchange, upstream: Upstream, outgoing: Outgoing, upgrade: bool) -> bytes:
    head = _head_before_framing(exchange, upstream.origin, outgoing)
    length = outgoing.body.length if outgoing.body is not None else exchange.body.length
    if length is None:
        head += b"Transfer-Encoding: chunked\r\n"
    elif length or exchange.method not in (b"GET", b"HEAD"):
        head += b"Content-Length: %d\r\n" % length
    if upgrade:
        head += b"".join(b"%b: %b\r\n" % line for line in upgrade_lines())
    return head + b"\r\n"


def _head_before_framing(exchange: Exchange, origin: Origin, outgoing: Outgoing) -> bytes:
    """It follows from the client's head and these, so that it is made once for heads that are alike."""
    made_of = (origin, outgoing.target, outgoing.keep_credentials, outgoing.introduction, _is_read(outgoing))
    known: tuple[Any, bytes] | None = exchange.memory.get(_head_before_framing)
    if known is not None and known[0] == made_of:
        return known[1]
    lines, target = _addressed(exchange, origin, outgoing)
    head = b"%b %b HTTP/1.1\r\n" % (exchange.method, origin.target(target))
    head += b"".join(b"%b: %b\r\n" % line for line in lines)
    exchange.memory[_head_before_framing] = made_of, head
    return head


def _addressed(exchange: Exchange, origin: Origin, outgoing: Outgoing) -> tuple[list[Header], bytes]:
    """The header lines without framing, and the target below the base."""
    keep = outgoing.keep_credentials
    if outgoing.introduction is not None:
        lines = towards_peer(exchange.headers, outgoing.introduction, origin.authority, keep_credentials=keep)
        return _codings(outgoing, lines), readable_query(outgoing.target)
    lines = _codings(outgoing, towards_upstream(exchange.headers, exchange.peer, keep_credentials=keep))
    if exchange.header(b"host") is None:
        lines.insert(0, (b"Host", origin.authority))
    return lines, outgoing.target


def _codings(outgoing: Outgoing, lines: list[Header]) -> list[Header]:
    return in_readable_codings(lines) if _is_read(outgoing) else lines


def _is_read(outgoing: Outgoing) -> bool:
    return outgoing.witness is not None and outgoing.witness.reads


async def _pump(connection: Connection, pieces: Awaitable[None]) -> None:
    """Send a body no faster than the upstream reads it."""
    connection.limit_writes(True)
    try:
        await pieces
        connection.request_sent = True
    finally:
        connection.limit_writes(False)


async def _stored(connection: Connection, body: StoredBody) -> None:
    for piece in body.pieces():
        connection.write(piece)
        if (drained := connection.drained()) is not None:
            await drained


async def _streamed(connection: Connection, body: RequestBody) -> None:
    chunked = body.length is None
    while piece := await body.read():
        connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if (drained := connection.drained()) is not None:
            await drained
    if chunked:
        connection.write(b"0\r\n\r\n")


def _answer(
    exchange: Exchange, connection: Connection, answer: AnswerHead, outgoing: Outgoing
) -> Awaitable[None] | None:
    """Answer; None: it is done. Otherwise what is returned ends after the last byte."""
    raw = answer.chunked and exchange.raw_chunks
    lines = _lines(answer, is_peer=outgoing.introduction is not None)
    watch, witness = None, outgoing.witness
    if witness is not None:
        witness.begun(answer.status, answer.reason, lines)
        watch = witness.passed
    exchange.begin(answer.status, lines, reason=answer.reason, length=answer.length, raw=raw, more=connection.ready)
    if not connection.complete:  # else there is nothing that could be held back
        exchange.produce(connection)
    end = connection.hand_on(exchange.write, raw=raw, watch=watch)
    if end is not None:
        return _rest(exchange, end)
    exchange.finish()
    return None


def _lines(answer: AnswerHead, *, is_peer: bool) -> Lines:
    """Of the answer, for the client: made once for heads that are alike, as a server stays what it is."""
    lines: Lines | None = answer.memory.get(_lines)
    if lines is None:
        kept = towards_client(answer.headers)
        lines = answer.memory[_lines] = Lines(from_peer(kept) if is_peer else kept)
    return lines


async def _rest(exchange: Exchange, end: Awaitable[None]) -> None:
    """Wait for the end of an answer that is being relayed."""
    try:
        await end
    finally:
        exchange.produce(None)
    exchange.finish()


async def _tunnel(
    exchange: Exchange, connection: Connection, answer: AnswerHead, asked: bool, outgoing: Outgoing
) -> None:
    if not asked:
        raise UpstreamFailed("the upstream switched protocols unasked")
    lines = towards_client(answer.headers) + upgrade_lines()
    if outgoing.witness is not None:
        outgoing.witness.begun(answer.status, answer.reason, lines)
    near = exchange.tunnel(lines, answer.reason, connection)
    await connection.tunnel(near)
