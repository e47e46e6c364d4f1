"""A client's connection and an upstream's, in memory: bytes in, bytes out, and what each side was told to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from llamaswap.config.schema import Limits
from llamaswap.exchange import Exchange, Producer
from llamaswap.wire.channel import Channel, ChannelFactory
from llamaswap.wire.connection import Connection
from llamaswap.wire.lane import TreeLane
from llamaswap.wire.origin import Origin

Answering = Callable[[Exchange], Coroutine[Any, Any, None] | None]


class MemoryTransport(StringTransport):
    """A transport that remembers how it ended, and takes part in back-pressure."""

    aborted = False

    def unregisterProducer(self) -> None:
        if self.producer is not None:  # real transports take it at any time
            super().unregisterProducer()

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True

    def take(self) -> bytes:
        """What was written since the last call."""
        data: bytes = self.value()
        self.clear()
        return data


class RecordingFront:
    """A front whose answers are a function; remembers what was received and what ended."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.received: list[Exchange] = []
        self.over: list[Exchange] = []

    def receive(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        self.received.append(exchange)
        return self.answer(exchange)

    def guard(self, exchange: Exchange, answering: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        return answering

    def ended(self, exchange: Exchange) -> None:
        self.over.append(exchange)


class Client:
    """One client connected to a channel."""

    def __init__(self, answer: Answering, root: Resource | None = None, limits: Limits | None = None) -> None:
        self.clock = Clock()
        self.front = RecordingFront(answer)
        self.factory = ChannelFactory(self.front, TreeLane(root or Resource()), limits or Limits(), self.clock)
        self.factory.doStart()
        self.transport = MemoryTransport()
        self.channel: Channel = self.factory.buildProtocol(None)
        self.channel.makeConnection(self.transport)

    def send(self, data: bytes) -> bytes:
        """Send `data` and return what came back so far."""
        self.channel.dataReceived(data)
        return self.transport.take()

    def hang_up(self) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))

    def leave(self) -> None:
        """Stop the server and the client; nothing may be left on the clock."""
        if self.channel in self.factory.connections:
            self.hang_up()
        self.factory.doStop()


class MemoryUpstream:
    """An upstream whose connections are made at once and driven by the test."""

    origin = Origin(False, "upstream.test", 8001, b"/base")

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.kept: list[Connection] = []

    @asynccontextmanager
    async def connection(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        connection = (None if fresh else self.take_kept()) or await self.connect()
        try:
            yield connection
        finally:
            self.give_back(connection)

    def take_kept(self) -> Connection | None:
        return self.kept.pop() if self.kept else None

    def give_back(self, connection: Connection) -> None:
        if connection.reusable:
            connection.used = True
            self.kept.append(connection)
        else:
            connection.abort()

    async def connect(self) -> Connection:
        connection = Connection(lambda lost: None)
        connection.makeConnection(MemoryTransport())
        self.connections.append(connection)
        return connection

    @property
    def last(self) -> Connection:
        return self.connections[-1]

    def received(self) -> bytes:
        """What the upstream was sent since the last call, on its newest connection."""
        return transport_of(self.last).take()

    def answer(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.last.dataReceived(piece)

    def close(self, *, cleanly: bool = True) -> None:
        self.last.connectionLost(Failure(ConnectionDone() if cleanly else ConnectionLost()))


def transport_of(connection: Connection) -> MemoryTransport:
    transport = connection.transport
    assert isinstance(transport, MemoryTransport)
    return transport


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request's bytes, with a `Host`, and a `Content-Length` if there is a body."""
    lines = [f"{line} HTTP/1.1", "Host: here", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def producer_of(transport: StringTransport) -> Producer:
    """What fills `transport`, and can be told to wait."""
    assert transport.producer is not None
    producer: Producer = transport.producer
    return producer
