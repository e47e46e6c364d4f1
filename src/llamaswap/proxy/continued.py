"""An upstream's answer behind a head that was sent already: only an event stream can follow it.

`forward` relays into it as into any exchange. What cannot follow is read, as far as it may explain itself, and kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaswap.errors import UpstreamFailed
from llamaswap.exchange import Exchange, Header, Memory, Producer, RequestBody, TunnelEnd

KEPT = 64 * 1024
"""Bytes of an answer that cannot follow which are read."""


class Continued:
    """An `Exchange` whose client has its head; the request is `exchange`'s, without its wishes about coding."""

    raw_chunks = False

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._producer: Producer | None = None
        self.status = 0
        """200 once an event stream follows; 0 until then, so that whatever goes wrong is still raised."""
        self.refused: AnswerStart | None = None
        """The answer that cannot follow."""
        self.caller = exchange.caller
        self.memory: Memory = {}
        self.method = exchange.method
        self.target = exchange.target
        self.mount = exchange.mount
        self.version = exchange.version
        self.headers: Sequence[Header] = [
            *(header for header in exchange.headers if header[0].lower() != b"accept-encoding"),
            (b"Accept-Encoding", b"identity"),
        ]

    def header(self, name: bytes) -> bytes | None:
        return b"identity" if name == b"accept-encoding" else self._exchange.header(name)

    @property
    def peer(self) -> str:
        return self._exchange.peer

    @property
    def local(self) -> str:
        return self._exchange.local

    @property
    def secure(self) -> bool:
        return self._exchange.secure

    @property
    def body(self) -> RequestBody:
        return self._exchange.body

    @property
    def sent(self) -> int:
        return self._exchange.sent

    def interim(self, status: int, headers: Sequence[Header]) -> None:
        """Dropped: the client has the final head."""

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
        start = AnswerStart(status, _value(headers, b"content-type"), _value(headers, b"content-encoding"))
        if start.follows:
            self.status = 200
        else:
            self.refused = start

    def write(self, data: bytes) -> None:
        if self.refused is None:
            self._exchange.write(data)
        elif self.refused.take(data) and self._producer is not None:
            self._producer.stopProducing()

    def finish(self) -> None:
        if self.refused is None:
            self._exchange.finish()

    def abort(self) -> None:
        self._exchange.abort()

    def cancel(self) -> None:
        self._exchange.cancel()

    def produce(self, producer: Producer | None) -> None:
        self._producer = producer
        if self.refused is None:
            self._exchange.produce(producer)

    def tunnel(self, headers: Sequence[Header], reason: bytes, far: TunnelEnd) -> TunnelEnd:
        raise UpstreamFailed("the upstream switched protocols in the middle of an answer")


class AnswerStart:
    """The head of an upstream's answer, and as much of its body as was wanted."""

    def __init__(self, status: int, content_type: str, coding: str) -> None:
        self.status = status
        self.content_type = content_type
        self.coding = "" if coding.lower() == "identity" else coding
        self.body = b""

    @property
    def follows(self) -> bool:
        """It is an event stream, in no coding."""
        return self.status == 200 and "text/event-stream" in self.content_type.lower() and not self.coding

    def take(self, data: bytes) -> bool:
        """Keep what there is room for; returns whether that is all that is wanted."""
        self.body += data[: KEPT - len(self.body)]
        return len(self.body) >= KEPT


def _value(headers: Sequence[Header], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")
