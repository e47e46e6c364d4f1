"""TLS towards upstreams: two ends of the real thing, in memory."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import PrivateCertificate
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ConnectFailed
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import INetworkReactor, Upstream
from tests.support.certificates import Authority, Pair
from tests.support.wire import MemoryTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Answering(Protocol):
    """Answers everything."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(OK)  # type: ignore[union-attr]


class TlsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.authority = Authority()

    def upstream(self, authorities: str | None, host: str = "127.0.0.1") -> Upstream:
        origin = Origin.parse(f"https://{host}:9/base")
        return Upstream(cast(INetworkReactor, self.reactor), origin, authorities=authorities)

    def ask(self, authorities: str | None) -> Deferred[int]:
        """Begin to ask; the connection stands, and nothing has been said on it."""
        probe = self.upstream(authorities).probe("/health")
        protocol: Any = self.reactor.tcpClients[-1][2].buildProtocol(None)
        self.near, self.near_transport = protocol, MemoryTransport()
        protocol.makeConnection(self.near_transport)
        return probe

    def talk(self, pair: Pair) -> None:
        """Let a server with this certificate answer until nobody has anything more to say."""
        server = TLSMemoryBIOFactory(_server(pair), False, Factory.forProtocol(Answering), clock=self.reactor)
        far, far_transport = server.buildProtocol(None), MemoryTransport()
        far.makeConnection(far_transport)
        for _ in range(20):
            self.reactor.advance(0)
            if said := self.near_transport.take():
                far.dataReceived(said)
            self.reactor.advance(0)
            if answer := far_transport.take():
                self.near.dataReceived(answer)
            if self.near_transport.disconnecting:
                self.near.connectionLost(Failure(ConnectionDone()))
                return

    def test_a_certificate_of_our_own_authority(self) -> None:
        """Is believed where that authority is named."""
        probe = self.ask(self.authority.pem)
        self.talk(self.authority.vouch("127.0.0.1"))
        self.assertEqual(self.successResultOf(probe), 200)

    def test_a_stranger_is_not_believed(self) -> None:
        """Neither another authority's certificate, nor one that the system does not know, nor one for another host."""
        for authorities, pair, words in (
            (Authority("other").pem, self.authority.vouch("127.0.0.1"), "certificate verify failed"),
            (None, self.authority.vouch("127.0.0.1"), "certificate verify failed"),
            (self.authority.pem, self.authority.vouch("127.0.0.2", "localhost"), "its certificate is for another host"),
        ):
            probe = self.ask(authorities)
            self.talk(pair)
            error = self.failureResultOf(probe, ConnectFailed).value
            self.assertIn(f"the TLS handshake failed: {words}", str(error))
            self.assertFalse(error.again)

    def test_no_certificate_to_verify_with(self) -> None:
        """A file of authorities that nobody has read does not open the door to everybody."""
        probe = self.upstream("").probe("/")
        self.assertIn("no certificate", str(self.failureResultOf(probe, ConnectFailed).value))
        self.assertEqual(self.reactor.tcpClients, [])

    def test_silence(self) -> None:
        """A handshake has its time."""
        probe = self.ask(self.authority.pem)
        self.reactor.advance(9.9)
        self.assertNoResult(probe)
        self.reactor.advance(0.1)
        self.assertIn("no TLS handshake within 10 s", str(self.failureResultOf(probe, ConnectFailed).value))
        self.assertTrue(self.near_transport.aborted)

    def test_cancelled(self) -> None:
        """Hangs up, and leaves nothing on the clock."""
        probe = self.ask(self.authority.pem)
        self.reactor.advance(0)
        probe.cancel()
        self.failureResultOf(probe, CancelledError)
        self.assertTrue(self.near_transport.aborted)
        self.near.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_something_else_answers(self) -> None:
        """A server that speaks plain HTTP, or hangs up at once."""
        probe = self.ask(self.authority.pem)
        self.near.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.near.connectionLost(Failure(ConnectionDone()))
        self.assertIn("the TLS handshake failed", str(self.failureResultOf(probe, ConnectFailed).value))
        probe = self.ask(self.authority.pem)
        self.near.connectionLost(Failure(ConnectionDone()))
        error = self.failureResultOf(probe, ConnectFailed).value
        self.assertIn("the TLS handshake failed: Connection to the other side was lost", str(error))
        self.assertTrue(error.again)


def _server(pair: Pair) -> Any:
    return PrivateCertificate.loadPEM(pair.certificate + pair.key).options()
