"""Posting JSON to a URL: one request, of whose answer the status counts and little is read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llamaswap.config.urls import wire_path
from llamaswap.errors import UpstreamFailed
from llamaswap.wire.connection import Connection
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import Upstream

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer's body that are read, out of politeness, before hanging up."""


class Target(NamedTuple):
    """A URL, in the parts of a request."""

    origin: Origin
    """Of the server alone, so that errors can name it: the rest may hold secrets."""
    path: bytes
    authorization: bytes
    """The header line for the URL's user, if it names one."""

    @classmethod
    def parse(cls, url: str) -> Target:
        """Raises ValueError."""
        parts = urlsplit(url)
        user, at, host = parts.netloc.rpartition("@")
        origin = Origin.parse(f"{parts.scheme}://{host}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        basic = b"Authorization: Basic %b\r\n" % b64encode(unquote(user).encode()) if at else b""
        return cls(origin, wire_path(path).encode("ascii"), basic)

    def request(self, body: bytes) -> bytes:
        """A complete POST of JSON."""
        return (
            b"POST %b HTTP/1.1\r\nHost: %b\r\nUser-Agent: llamaswap\r\nAccept: */*\r\nConnection: close\r\n%b"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        ) % (self.origin.target(self.path), self.origin.authority, self.authorization, len(body), body)


async def post(connect: Callable[[Origin], Upstream], url: str, body: bytes) -> str | None:
    """Post `body`; returns what went wrong, or None. Redirects are not followed. Cancelling hangs up."""
    target = Target.parse(url)
    upstream = connect(target.origin)
    try:
        async with upstream.connection() as connection:
            answer = await connection.send(target.request(body))
            await _read_little(connection)
    except UpstreamFailed as error:
        return str(error)
    finally:
        upstream.close()
    return None if 200 <= answer.status < 300 else f"answered with status {answer.status}"


async def _read_little(connection: Connection) -> None:
    """Let the server finish, unless it says too much."""
    left = LONGEST_ANSWER

    def take(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        if left < 0:
            connection.abort()

    with suppress(UpstreamFailed):
        await connection.relay(take)
