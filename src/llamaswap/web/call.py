"""One request on the resource lane, as the code that answers it sees it: its route, and what the path says beyond it.

It hides where the tree is mounted. It does not know how requests are matched to what answers them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from llamaswap.exchange import Caller, Header
from llamaswap.web import paths
from llamaswap.web.answers import Answer, reachable
from llamaswap.web.routes import Route

if TYPE_CHECKING:
    from twisted.web.http_headers import Headers
    from twisted.web.server import Request  # only by name: it stays out of memory until the tree is asked for


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the table knows."""

    request: Request
    received: Headers
    """Its headers as they came; `request` shows another `Host`."""
    route: Route
    target: bytes
    """Path and query below the place where the tree is mounted, as received."""
    mount: bytes = b""
    """That place: empty, or a path without a slash at its end."""
    caller: Caller | None = None
    """Whose request it is (`Exchange.caller`)."""

    @property
    def below(self) -> bytes:
        """What the path says below a prefix row, as received; empty on other rows."""
        return paths.split(self.target)[0][len(self.route.path) :] if self.route.prefix else b""

    @property
    def rest(self) -> str | None:
        """`below`, decoded once; None when that is no UTF-8."""
        try:
            return paths.decoded(self.below).decode()
        except UnicodeDecodeError:
            return None

    @property
    def query(self) -> bytes:
        """The query as received, with its `?`."""
        return paths.split(self.target)[1]

    def header(self, name: bytes) -> bytes | None:
        """The first value of the header `name`."""
        values = self.received.getRawHeaders(name)
        return values[0] if values else None

    @property
    def headers(self) -> Sequence[Header]:
        """All of them."""
        found = self.received.getAllRawHeaders()
        return [(name, value) for name, values in found for value in values]

    @property
    def peer(self) -> str:
        """The address of the connection's other end; empty for a Unix socket."""
        return str(getattr(self.request.getClientAddress(), "host", ""))

    @property
    def secure(self) -> bool:
        """It came over TLS."""
        return bool(self.request.isSecure())

    def body(self, most: int) -> bytes:
        """The first bytes of the body."""
        return bytes(self.request.content.read(most)) if self.request.content else b""

    @property
    def head_only(self) -> bool:
        """The client wants to see headers only."""
        return bool(self.request.method == b"HEAD")

    def begin(self, answer: Answer, length: int | None = None) -> None:
        """Send the head of `answer` at once; its body is not touched."""
        headers = reachable(answer.headers, self.header(b"x-forwarded-prefix"), self.mount)
        begin(self.request, answer.status, headers, length)

    def respond(self, answer: Answer) -> None:
        """Send all of `answer` but its end, which the resource tree adds."""
        self.begin(answer, len(answer.body))
        if answer.body:
            self.request.write(answer.body)


_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
"""twisted.web has none for the younger statuses."""

Respond = Callable[[Call], Awaitable[Answer | None]]
"""Answers a call. None: it has sent the answer itself, but for its end. Cancelled when the client goes away."""


def cut(request: Request) -> None:
    """Break the answer off, so that it never looks complete."""
    abort = getattr(request.transport, "abortConnection", request.loseConnection)
    abort()  # a stream of HTTP/2 has no transport, and twisted.web offers nothing harder there


def begin(request: Request, status: int, headers: Sequence[Header], length: int | None, reason: bytes = b"") -> None:
    """Send the head of an answer on `request`."""
    request.setResponseCode(status, reason or _PHRASES.get(status))
    request.defaultContentType = None  # or an answer without a type would claim to be HTML
    for name, value in headers:
        request.responseHeaders.addRawHeader(name, value)
    if length is not None and status not in (204, 304):
        request.setHeader(b"Content-Length", b"%d" % length)
    request.write(b"")
