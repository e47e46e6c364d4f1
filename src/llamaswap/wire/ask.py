"""One small request that this server makes in its own name, and the whole answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from llamaswap.errors import UpstreamFailed
from llamaswap.exchange import Header
from llamaswap.wire.connection import AnswerHead, Connection
from llamaswap.wire.origin import Origin


class Server(Protocol):
    """Who is asked (`upstream.py`)."""

    origin: Origin

    def connection(self, *, fresh: bool = False) -> AbstractAsyncContextManager[Connection]: ...


class AnswerTooLong(UpstreamFailed):
    """An answer was given up, as it is longer than anybody wants to know."""

    def __init__(self, status: int, limit: int) -> None:
        super().__init__(f"the answer is longer than {limit} bytes")
        self.status = status


async def ask(
    server: Server,
    method: bytes,
    target: bytes,
    headers: Sequence[Header] = (),
    body: bytes = b"",
    *,
    limit: int,
    fresh: bool = False,
) -> tuple[int, bytes]:
    """Returns status and body of the answer; redirects are not followed.

    `target` stands below the server's base path, and `headers` hold neither framing nor `Host`. `fresh` takes no
    connection that has been used before. Raises `UpstreamFailed`; `AnswerTooLong` for a body of more than `limit`
    bytes, which is cut as soon as that is known. Sets no limit of time; cancelling hangs up.
    """
    async with server.connection(fresh=fresh) as connection:
        answer = await connection.send(request_head(server.origin, method, target, headers, len(body)) + body)
        return answer.status, await _body(connection, answer, limit)


def request_head(
    origin: Origin, method: bytes, target: bytes, headers: Sequence[Header] = (), length: int = 0
) -> bytes:
    """The head of a request to `origin`, for `target` below its base path, with a body of `length` bytes."""
    lines = [b"%b %b HTTP/1.1" % (method, origin.target(target)), b"Host: " + origin.authority]
    lines += [b"%b: %b" % header for header in headers]
    if length:
        lines.append(b"Content-Length: %d" % length)
    return b"\r\n".join((*lines, b"", b""))


async def _body(connection: Connection, answer: AnswerHead, limit: int) -> bytes:
    body = bytearray()

    def take(data: bytes) -> None:
        body.extend(data)
        if len(body) > limit:
            connection.abort()

    if (answer.length or 0) > limit:
        raise AnswerTooLong(answer.status, limit)
    try:
        await connection.relay(take)
    except UpstreamFailed:
        if len(body) <= limit:
            raise
    if len(body) > limit:
        raise AnswerTooLong(answer.status, limit)
    return bytes(body)
