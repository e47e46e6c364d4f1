"""A server in memory that answers by the path it is asked for, and cannot be reached when a test says so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from llamaswap.errors import ConnectFailed
from llamaswap.wire.connection import Connection
from tests.support.wire import MemoryUpstream, transport_of

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer(body: bytes, status: int = 200, kind: bytes = b"") -> bytes:
    """A whole answer."""
    type = b"Content-Type: %b\r\n" % kind if kind else b""
    return b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\n\r\n" % (status, type, len(body)) + body


def envelope(message: str, status: int) -> bytes:
    """A refusal."""
    return answer(json.dumps({"src": "llama-swap", "error": {"message": message}}).encode(), status)


class Asked(MemoryUpstream):
    """Every connection is new, and is found by what was asked on it."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.fault = ""
        """Why no connection can be made."""

    @asynccontextmanager
    async def connection(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        if self.down or self.fault:
            raise ConnectFailed(f"cannot connect to {self.origin}: {self.fault or 'nobody there'}")
        async with super().connection(fresh=fresh) as connection:
            yield connection

    @property
    def asked(self) -> list[str]:
        """The targets asked for, in order."""
        return [self.request(connection).split(" ")[1] for connection in self.connections]

    def request(self, connection: Connection) -> str:
        """What was sent on it."""
        return str(transport_of(connection).value().decode())

    def at(self, target: str) -> Connection:
        """The newest connection on which this was asked."""
        found = [each for each in self.connections if f" /base{target} " in self.request(each)]
        assert found, f"{target} was not asked for, but {self.asked}"
        return found[-1]

    def answers(self, target: str, value: Any) -> None:
        """Answer with JSON."""
        self.at(target).dataReceived(answer(json.dumps(value).encode()))

    def begins(self, target: str) -> None:
        """Begin a stream."""
        kind = b"text/event-stream" if target == "/api/events" else b"text/plain; charset=utf-8"
        self.at(target).dataReceived(STREAM % kind)

    def streams(self, target: str, data: bytes) -> None:
        """Send more of it."""
        self.at(target).dataReceived(b"%x\r\n%b\r\n" % (len(data), data))

    def ends(self, target: str) -> None:
        """Send its end."""
        self.at(target).dataReceived(b"0\r\n\r\n")

    def is_cut(self, target: str) -> bool:
        """We have hung up."""
        return transport_of(self.at(target)).aborted
