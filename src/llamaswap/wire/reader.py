"""A client's bytes, read into messages by llhttp, and refused where llhttp leaves open what must not be served.

That is: other versions than 1.0 and 1.1, any transfer coding but one `chunked`, a 1.1 request without exactly one
`Host`, `CONNECT`, a head over its limit. Order, answers and time are the channel's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.exchange import Header, Memory
from llamaswap.wire.body import IncomingBody
from llamaswap.wire.familiar import Familiar, Recalled, with_length

_SINGLE = frozenset((b"host", b"content-length", b"transfer-encoding"))
_ABSOLUTE = re.compile(rb"https?://([^/?#]+)([^#]*)", re.IGNORECASE)
_FRAMING_FACTOR = 16
"""Bytes of chunk framing and trailers allowed for each byte of body, beside the limit of a head."""


@dataclass(slots=True)
class MessageHead:
    """A request's head, complete and fit to be served."""

    method: bytes
    target: bytes
    """In origin form."""
    version: bytes
    headers: Sequence[Header]
    index: dict[bytes, bytes]
    """First values by lower-case name."""
    length: int | None
    """Declared bytes of body; None for chunked."""
    keep_alive: bool
    websocket: bool
    """Wants to become a websocket, and has no body: what follows the head waits in `early`."""
    early: bytes = b""
    memory: Memory = field(default_factory=dict)

    def with_length(self, length: int) -> MessageHead:
        """The same with a body of another length."""
        lines = with_length(self.headers, length)
        index = {**self.index, b"content-length": b"%d" % length}
        told = (self.method, self.target, self.version, lines, index, length, self.keep_alive, self.websocket)
        return MessageHead(*told, self.early, self.memory)


class Messages(Protocol):
    """Whom a reader tells."""

    def begun(self) -> None:
        """The first byte of a head has come."""

    def arrived(self, head: MessageHead) -> IncomingBody:
        """A head is complete; its body goes where this says."""

    def broken(self, status: int, why: str) -> None:
        """Nothing more can be read on this connection. Once."""


class _Refused(Exception):
    """A message that must not be served: (status, why)."""


class RequestReader:
    """Reads one connection."""

    log = Logger()

    def __init__(self, messages: Messages, header_bytes: int) -> None:
        self._messages = messages
        self._header_bytes = header_bytes
        self._parser = HttpRequestParser(self)
        self._head: MessageHead | None = None
        self._body: IncomingBody | None = None
        self._target = b""
        self._headers: list[Header] = []
        self._received = 0
        self._heads_begun = 0
        self._familiar: Familiar[MessageHead] = Familiar()
        self._ghost = False
        self._upgrading = False
        self._is_broken = False
        self.in_head = False
        """A head has begun and is not complete."""

    def feed(self, data: bytes) -> None:
        """Read on. The messages told of may be answered only after this has returned."""
        if self._between_messages:
            recalled = self._familiar.recall(data)
            if recalled is not None:
                self._take(recalled)
                return
            self._read_first(data)
        else:
            self._read(data)

    @property
    def _between_messages(self) -> bool:
        return not self.in_head and self._body is None and not self._is_broken

    def _take(self, message: Recalled[MessageHead]) -> None:
        """One that needs no parsing. The parser, which has met the end of the message before it, sees nothing of it."""
        head, length = message.meaning, message.length
        body = self._messages.arrived(head if length == head.length else head.with_length(length))
        if message.body:
            body.feed(message.body)
        body.end()

    def _read_first(self, data: bytes) -> None:
        """Read what begins with a message, and remember it if it is one that may come again."""
        self._head = None
        self._read(data)
        head = self._head
        if head is None or not self._between_messages:
            return
        if head.length is not None and self._heads_begun == 1 and _is_plain(head):
            self._familiar.learn(data, head.length, head)
        else:
            self._familiar.forget()

    def _read(self, data: bytes) -> None:
        while data and not self._is_broken:
            data = self._feed_once(data)

    def _feed_once(self, data: bytes) -> bytes:
        """Read up to an upgrade that is not taken up, or all; return what is left."""
        self._heads_begun = 1 if self.in_head or self._body is not None else 0
        rest = b""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            rest = self._upgrade_seen(data[upgrade.args[0] :])
        except HttpParserCallbackError as error:
            self._callback_failed(error)
        except HttpParserError as error:
            self._break(400, f"this is not well-formed HTTP: {error}")
        self._count(len(data) - len(rest))
        return rest

    def restart(self) -> None:
        """Read a next message after one whose upgrade was not taken up."""
        self._parser = HttpRequestParser(self)

    # -- what ends the reading ---------------------------------------------------------------------------------

    def _callback_failed(self, error: HttpParserCallbackError) -> None:
        cause = error.__context__ or error.__cause__
        if isinstance(cause, _Refused):
            self._break(*cause.args)
        else:
            self.log.failure("reading a request failed", Failure(cause or error))
            self._break(500, "internal error")

    def _count(self, received: int) -> None:
        """Bound what a message may send beside its body: the head, chunk framing, trailers.

        What came together with the end of an earlier message is not charged: how much of it was whose is not known.
        """
        if self._heads_begun <= 1:
            self._received += received
        body = self._body
        if self.in_head and self._received > self._header_bytes:
            self._break(431, "the header block is larger than limits.headerBytes allows")
        elif body is not None and self._received - body.size > 2 * self._header_bytes + _FRAMING_FACTOR * body.size:
            self._break(431, "the chunk framing or the trailers are larger than limits.headerBytes allows")

    def _break(self, status: int, why: str) -> None:
        self.in_head = False
        self._body = None
        if not self._is_broken:
            self._is_broken = True
            self._messages.broken(status, why)

    # -- what the parser sees ----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if not self._ghost:
            self.in_head = True
            self._received = 0
            self._heads_begun += 1
            self._headers = []
            self._target = b""
            self._messages.begun()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            self._headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        if self._ghost:
            return
        self.in_head = False
        self._upgrading = self._parser.should_upgrade()
        self._head = head = self._examine()
        self._body = self._messages.arrived(head)

    def on_body(self, data: bytes) -> None:
        if self._body is not None:
            self._body.feed(data)

    def on_message_complete(self) -> None:
        if not self._upgrading and not self._ghost:
            self._end_message()

    def _end_message(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.end()

    # -- the head ----------------------------------------------------------------------------------------------

    def _examine(self) -> MessageHead:
        """The head that is complete; raises `_Refused` for one that must not be served."""
        method = self._parser.get_method()
        version = self._parser.get_http_version().encode()
        index = self._index()
        if version not in (b"1.0", b"1.1"):
            raise _Refused(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        if method == b"CONNECT":
            raise _Refused(400, "CONNECT is not served here")
        if version == b"1.1" and b"host" not in index:
            raise _Refused(400, "an HTTP/1.1 request needs a Host header")
        length = _body_length(version, index)
        target = self._origin_form(index)
        websocket = self._upgrading and method == b"GET" and _wants_websocket(self._headers)
        if websocket and length != 0:
            raise _Refused(400, "an upgrade to websocket has no body")
        keep_alive = self._parser.should_keep_alive()
        return MessageHead(method, target, version, self._headers, index, length, keep_alive, websocket)

    def _index(self) -> dict[bytes, bytes]:
        index: dict[bytes, bytes] = {}
        size = len(self._target)
        for name, value in self._headers:
            size += len(name) + len(value) + 4
            lower = name.lower()
            if lower not in index:
                index[lower] = value
            elif lower in _SINGLE:
                raise _Refused(400, f"more than one {lower.decode()} header")
        if size > self._header_bytes:
            raise _Refused(431, "the header block is larger than limits.headerBytes allows")
        return index

    def _origin_form(self, index: dict[bytes, bytes]) -> bytes:
        """The path and query of any target; the authority of an absolute one replaces `Host` (RFC 9112, 3.2.2)."""
        target = self._target
        if target.startswith(b"/") or target == b"*":
            return target
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            raise _Refused(400, "the request target is neither a path nor an http URL")
        authority, path = absolute[1], absolute[2]
        index[b"host"] = authority
        self._headers = [(b"Host", authority), *(line for line in self._headers if line[0].lower() != b"host")]
        return path if path.startswith(b"/") else b"/" + path

    # -- upgrades ----------------------------------------------------------------------------------------------

    def _upgrade_seen(self, rest: bytes) -> bytes:
        """The parser stopped behind the head of a message that wants an upgrade; `rest` came with it. What of that is
        still to be read is returned.

        For anything but a websocket the wish is ignored: the body is read by its framing, with a new parser that is
        shown a head of nothing but that framing, and only then is the rest parsed on. (llhttp calls the body empty.)
        """
        self._upgrading = False
        head = self._head
        assert head is not None
        if head.websocket:
            head.early = rest
            self._end_message()
            return b""
        self.restart()
        if head.length == 0:
            self._end_message()
        else:
            self._show_framing(head.length)
        return rest

    def _show_framing(self, length: int | None) -> None:
        framing = b"Transfer-Encoding: chunked" if length is None else b"Content-Length: %d" % length
        self._ghost = True
        self._parser.feed_data(b"POST / HTTP/1.1\r\nHost: -\r\n" + framing + b"\r\n\r\n")
        self._ghost = False


def _is_plain(head: MessageHead) -> bool:
    """Nothing about it but its body makes it differ from the next."""
    return head.keep_alive and b"expect" not in head.index and b"upgrade" not in head.index


def _body_length(version: bytes, index: dict[bytes, bytes]) -> int | None:
    coding = index.get(b"transfer-encoding")
    if coding is None:
        return int(index.get(b"content-length", b"0"))
    if version == b"1.0" or coding.lower() != b"chunked":
        raise _Refused(400, "the only transfer coding read here is one `chunked` of HTTP/1.1")
    return None


def _wants_websocket(headers: Sequence[Header]) -> bool:
    return any(
        token.strip().lower() == b"websocket"
        for name, value in headers
        if name.lower() == b"upgrade"
        for token in value.split(b",")
    )
