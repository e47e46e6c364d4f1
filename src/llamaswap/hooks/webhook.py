"""Posting JSON to a URL: one request, of whose answer the status counts and little is read."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer's body that are read, out of politeness, before hanging up."""


async def post(agent: IAgent, url: str, body: bytes) -> str | None:
    """Post `body`; returns what went wrong, or None, when the answer is over. Redirects are not followed.

    Cancelling hangs up, also in the middle of the answer: whoever waits for it sets its time.
    What went wrong never holds the URL, which may hold secrets.
    """
    from treq.client import HTTPClient  # late: few servers have webhooks, and it takes its time

    address, user = _without_user(url)
    headers = Headers({"Content-Type": ["application/json"], "User-Agent": ["llamaswap"], "Accept": ["*/*"]})
    request = HTTPClient(agent).request(
        "POST", address, headers=headers, data=body, auth=user, allow_redirects=False, unbuffered=True
    )
    try:
        answer = await request
    except Exception as wrapped:
        error = _innermost(wrapped)
        if isinstance(error, CancelledError):
            raise error from wrapped
        return f"{type(error).__name__}: {error}".replace(address, "…")
    ignored = _Ignored()
    answer.original.deliverBody(ignored)
    await ignored.over
    return None if 200 <= answer.code < 300 else f"answered with status {answer.code}"


def _without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """The URL, and the user and password that it names."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return bare, (unquote(name), unquote(password)) if at else None


def _innermost(error: Exception) -> Exception:
    """What happened to the connection: the client wraps it."""
    reasons: Any = getattr(error, "reasons", None)
    return _innermost(reasons[0].value) if reasons else error


class _Ignored(Protocol):
    """Lets the server finish, unless it says too much. `over` fires when it has; cancelling it hangs up."""

    def __init__(self) -> None:
        self.over: Deferred[None] = Deferred(lambda _: self._hang_up())
        self._left = LONGEST_ANSWER

    def dataReceived(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._hang_up()
            self._end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end()

    def _end(self) -> None:
        if not self.over.called:
            self.over.callback(None)

    def _hang_up(self) -> None:
        """At once: to lose a TLS connection would wait for the other side's farewell."""
        transport: Any = self.transport
        transport.stopProducing()
