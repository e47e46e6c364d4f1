"""Bytes written early keep their order, whatever the socket takes of them."""

from __future__ import annotations

import random
import socket
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IReactorTCP, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from llamaswap.wire.transport import Outlet, Transport, keep_alive, peer_has_closed


class Sender(Protocol):
    """Writes `pieces` as soon as it is connected, through the outlet or past it as chance has it, and closes."""

    def __init__(self, pieces: list[bytes], chance: random.Random) -> None:
        self._pieces = pieces
        self._chance = chance

    def connectionMade(self) -> None:
        transport = cast(Transport, self.transport)
        outlet = Outlet(transport)
        for piece in self._pieces:
            (transport.write if self._chance.random() < 0.3 else outlet.write)(piece)
        transport.loseConnection()


class Receiver(Protocol):
    """Collects what comes until the end."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.done: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.done.callback(bytes(self.data))


class Holder(Protocol):
    """Stops reading at once, and waits."""

    def connectionMade(self) -> None:
        cast(Transport, self.transport).pauseProducing()


class PeerClosedTests(TestCase):
    timeout = 30

    async def test_the_end_of_a_peer_is_seen_without_reading(self) -> None:
        """A paused transport does not tell that the other end has closed; the system does."""
        holder = Holder()
        tcp = cast(IReactorTCP, reactor)
        port = await TCP4ServerEndpoint(tcp, 0, interface="127.0.0.1").listen(Factory.forProtocol(lambda: holder))
        with socket.create_connection(("127.0.0.1", port.getHost().port)) as client:
            client.sendall(b"unread")
            while holder.transport is None:
                await self.turn()
            held = cast(Transport, holder.transport)
            self.assertFalse(peer_has_closed(held))
        while not peer_has_closed(held):
            await self.turn()
        held.abortConnection()
        await port.stopListening()

    def turn(self) -> Deferred[None]:
        """A turn of the reactor."""
        return deferLater(cast(IReactorTime, reactor), 0, lambda: None)


class OutletTests(TestCase):
    timeout = 30

    async def received(self, pieces: list[bytes], seed: int) -> bytes:
        tcp = cast(IReactorTCP, reactor)
        sender = Sender(pieces, random.Random(seed))
        server = Factory.forProtocol(lambda: sender)
        port = await TCP4ServerEndpoint(tcp, 0, interface="127.0.0.1").listen(server)
        client = Factory.forProtocol(Receiver)
        receiver = await TCP4ClientEndpoint(tcp, "127.0.0.1", port.getHost().port).connect(client)
        data = await cast(Receiver, receiver).done
        await port.stopListening()
        return data

    async def test_order_is_kept_beyond_what_the_socket_takes(self) -> None:
        """Megabytes in pieces of all sizes arrive complete and in order, and the close comes after them."""
        for seed in range(5):
            chance = random.Random(seed)
            pieces = [chance.randbytes(chance.choice((1, 100, 10_000, 400_000))) for _ in range(40)]
            self.assertEqual(await self.received(pieces, seed), b"".join(pieces))


class KeepAliveTests(TestCase):
    timeout = 30

    async def test_the_system_is_told(self) -> None:
        """On a real socket: off, or at the pace given, which is cut to what systems take."""
        port = await TCP4ServerEndpoint(cast(IReactorTCP, reactor), 0, interface="127.0.0.1").listen(
            Factory.forProtocol(Protocol)
        )
        endpoint = TCP4ClientEndpoint(cast(IReactorTCP, reactor), "127.0.0.1", port.getHost().port)
        protocol = await endpoint.connect(Factory.forProtocol(Protocol))
        transport: Transport = cast(Any, protocol).transport
        handle = transport.getHandle()
        for seconds, shown in ((7, 7), (100_000, 32767)):
            keep_alive(transport, seconds)
            self.assertTrue(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
            self.assertEqual(handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL), shown)
        keep_alive(transport, 0)
        self.assertFalse(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        transport.abortConnection()
        await port.stopListening()
