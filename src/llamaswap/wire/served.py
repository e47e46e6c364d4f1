"""One message on a client's connection and the answer to it: the channel's own `Exchange`.

It frames the answer: by length, in chunks, raw in the chunks of an upstream, or by the close for a 1.0 client.
When the message may be answered, and what follows on the connection, the channel decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from llamaswap.exchange import Caller, Header, Memory, Producer, TunnelEnd
from llamaswap.wire.body import IncomingBody
from llamaswap.wire.lines import written_head
from llamaswap.wire.reader import MessageHead
from llamaswap.wire.steps import Steps
from llamaswap.wire.transport import Transport

if TYPE_CHECKING:
    from llamaswap.wire.channel import Channel

REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_BODILESS = frozenset((204, 304))


class _Framing(Enum):
    NONE = 0
    PLAIN = 1
    CHUNKED = 2


class ServedExchange:
    """See `exchange.Exchange` for the promises."""

    __slots__ = (
        "_channel",
        "_framing",
        "_head",
        "_held",
        "_missing",
        "body",
        "caller",
        "expects_continue",
        "finished",
        "headers",
        "keep_alive",
        "method",
        "over",
        "sent",
        "status",
        "target",
        "task",
        "version",
    )

    mount = b""

    def __init__(self, channel: Channel, head: MessageHead, body: IncomingBody) -> None:
        self._channel = channel
        self._head = head
        self.method = head.method
        self.target = head.target
        self.version = head.version
        self.headers = head.headers
        self.body = body
        self.caller: Caller | None = None
        self.keep_alive = head.keep_alive
        """The connection serves another message after this one."""
        expectation = head.index.get(b"expect")
        self.expects_continue = expectation is not None and expectation.lower() == b"100-continue"
        self.status = 0
        self.sent = 0
        self.finished = False
        """The answer is complete, or was cut."""
        self.over = False
        """The coroutine that answers it has ended."""
        self.task: Steps[ServedExchange] | None = None
        self._framing = _Framing.PLAIN
        self._missing: int | None = None
        self._held = b""

    # -- the request -------------------------------------------------------------------------------------------

    def header(self, name: bytes) -> bytes | None:
        return self._head.index.get(name)

    @property
    def memory(self) -> Memory:
        return self._head.memory

    @property
    def websocket(self) -> bool:
        return self._head.websocket

    @property
    def early(self) -> bytes:
        """What came behind the head of an upgrade."""
        return self._head.early

    @property
    def peer(self) -> str:
        return self._channel.peer

    @property
    def local(self) -> str:
        return self._channel.local

    @property
    def secure(self) -> bool:
        return self._channel.secure

    @property
    def transport(self) -> Transport:
        return self._channel.transport

    @property
    def raw_chunks(self) -> bool:
        return self.version == b"1.1" and self.method != b"HEAD"

    # -- the answer --------------------------------------------------------------------------------------------

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        if self.version == b"1.1" and not self.status:
            self._channel.send(written_head(status, REASONS.get(status, b""), headers) + b"\r\n")

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
        if self.status:
            raise RuntimeError("the answer has begun already")
        self.status = status
        framing = self._choose_framing(status, length, raw)
        self.keep_alive = self.keep_alive and self._channel.may_go_on(self)
        head = written_head(status, reason or REASONS.get(status, b""), headers)
        head += framing + self._connection_line() + b"\r\n"
        if more:
            self._held = head
        else:
            self._channel.send(head)

    def _choose_framing(self, status: int, length: int | None, raw: bool) -> bytes:
        line = b"" if length is None or status == 204 else b"Content-Length: %d\r\n" % length
        if self.method == b"HEAD" or status in _BODILESS:
            self._framing = _Framing.NONE
            return line
        if length is not None:
            self._missing = length
            return line
        if raw:
            return b"Transfer-Encoding: chunked\r\n"
        if self.version == b"1.1":
            self._framing = _Framing.CHUNKED
            return b"Transfer-Encoding: chunked\r\n"
        self.keep_alive = False
        return b""

    def _connection_line(self) -> bytes:
        if not self.keep_alive:
            return b"Connection: close\r\n"
        return b"" if self.version == b"1.1" else b"Connection: keep-alive\r\n"

    def write(self, data: bytes) -> None:
        if self.finished or not data or self._framing is _Framing.NONE:
            return
        self.sent += len(data)
        if self._framing is _Framing.CHUNKED:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        elif self._missing is not None:
            self._missing -= len(data)
        if self._held:
            data, self._held = self._held + data, b""
        self._channel.send(data)

    def finish(self) -> None:
        if self.finished:
            return
        if self._missing:
            self.abort()
            return
        self.finished = True
        end = self._held + b"0\r\n\r\n" if self._framing is _Framing.CHUNKED else self._held
        if end:
            self._channel.send(end)

    def abort(self) -> None:
        self.finished = True
        self.keep_alive = False
        self._channel.cut()

    def cancel(self) -> None:
        if self.task is not None and not self.over:
            self.task.cancel()

    def produce(self, producer: Producer | None) -> None:
        self._channel.produce(producer)

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        self.status = 101
        self.finished = True
        self.keep_alive = False
        self._channel.send(written_head(101, reason or REASONS[101], headers) + b"\r\n")
        return self._channel.become_tunnel(far, self.early)
