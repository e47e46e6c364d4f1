"""Bytes written early keep their order, whatever the socket takes of them."""

from __future__ import annotations

import random
from typing import cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from llamaswap.wire.transport import Outlet, Transport


class Sender(Protocol):
    """Writes `pieces` as soon as it is connected, held back or not as chance has it, and closes."""

    def __init__(self, pieces: list[bytes], chance: random.Random) -> None:
        self._pieces = pieces
        self._chance = chance

    def connectionMade(self) -> None:
        transport = cast(Transport, self.transport)
        outlet = Outlet(transport)
        for piece in self._pieces:
            (outlet.hold if self._chance.random() < 0.3 else outlet.write)(piece)
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
