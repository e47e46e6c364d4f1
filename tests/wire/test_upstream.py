"""Connections to an upstream, on a reactor in memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionRefusedError, TimeoutError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import ConnectFailed, UpstreamFailed
from llamaswap.wire.connection import Connection
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import INetworkReactor, Upstream
from tests.support.wire import MemoryTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class UpstreamTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def upstream(self, url: str = "http://127.0.0.1:9/base") -> Upstream:
        return Upstream(cast(INetworkReactor, self.reactor), Origin.parse(url), idle=90)

    def accept(self, attempt: int = -1) -> tuple[Connection, MemoryTransport]:
        """Let an attempt to connect succeed, the newest unless another is named."""
        factory = self.reactor.tcpClients[attempt][2]
        protocol: Any = factory.buildProtocol(None)
        transport = MemoryTransport()
        protocol.makeConnection(transport)
        return protocol._wrappedProtocol, transport

    def refuse(self) -> None:
        factory: Any = self.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))

    def test_a_probe_asks_below_the_base_and_keeps_the_connection(self) -> None:
        """S-12: `/health` of `http://…/base` is `/base/health`; the first request reuses the connection."""
        upstream = self.upstream()
        probe = upstream.probe("/health")
        connection, transport = self.accept()
        self.assertTrue(transport.take().startswith(b"GET /base/health HTTP/1.1\r\nHost: 127.0.0.1:9\r\n"))
        connection.dataReceived(OK)
        self.assertEqual(self.successResultOf(probe), 200)
        again = upstream.probe("health")
        self.assertEqual(len(self.reactor.tcpClients), 1)
        connection.dataReceived(OK.replace(b"200", b"503"))
        self.assertEqual(self.successResultOf(again), 503)
        upstream.close()
        self.assertTrue(transport.aborted)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_localhost_tries_both_loopbacks_at_once_after_a_refusal(self) -> None:
        """One refusal does not delay the next address, and the good one is remembered."""
        upstream = self.upstream("http://localhost:9")
        probe = upstream.probe("/")
        self.assertEqual(self.reactor.tcpClients[-1][0], "127.0.0.1")
        self.refuse()
        self.assertEqual(self.reactor.tcpClients[-1][0], "::1")
        self.accept()[0].dataReceived(OK)
        self.successResultOf(probe)

    def test_nobody_there(self) -> None:
        """A refused connection is an `UpstreamFailed` that names the address."""
        probe = self.upstream().probe("/")
        self.refuse()
        self.assertIn("http://127.0.0.1:9/base", str(self.failureResultOf(probe, UpstreamFailed).value))

    def test_cancelling_a_probe_hangs_up(self) -> None:
        """While connecting (no other address is tried then) and while waiting for the answer."""
        for connected in (False, True):
            upstream = self.upstream("http://localhost:9")
            probe: Deferred[int] = upstream.probe("/")
            transport = self.accept()[1] if connected else None
            probe.cancel()
            self.failureResultOf(probe, CancelledError)
            self.assertEqual(self.reactor.tcpClients.pop()[0], "127.0.0.1")
            if transport is not None:
                self.assertTrue(transport.aborted)

    def test_idle_connections_are_closed_in_time(self) -> None:
        """After `idle` seconds, on one timer."""
        upstream = self.upstream()
        probes, accepted = [], []
        for _ in range(2):
            probes.append(upstream.probe("/"))
            accepted.append(self.accept())
        for connection, _ in accepted:
            connection.dataReceived(OK[:9])
        for probe, (connection, _) in zip(probes, accepted, strict=True):
            connection.dataReceived(OK[9:])
            self.successResultOf(probe)
        transports = [transport for _, transport in accepted]
        self.reactor.advance(89)
        self.assertEqual([t.disconnecting for t in transports], [False, False])
        self.reactor.advance(1)
        self.assertEqual([t.disconnecting for t in transports], [True, True])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def two_probes(self) -> tuple[Upstream, Deferred[int], MemoryTransport, Connection]:
        """Two probes at once, one of them answered: what is idle now, and what still waits."""
        upstream = self.upstream()
        first, second = upstream.probe("/"), upstream.probe("/")
        (taken_up, idle), (waiting, _) = self.accept(0), self.accept(1)
        taken_up.dataReceived(OK)
        self.successResultOf(first)
        return upstream, second, idle, waiting

    def test_an_idle_connection_yields_to_one_that_starves(self) -> None:
        """A server with fewer threads than connections would leave the unanswered one waiting (llama.cpp: 5 s)."""
        _, _, idle, _ = self.two_probes()
        self.assertFalse(idle.disconnecting)
        self.reactor.advance(0.1)
        self.assertTrue(idle.disconnecting)

    def test_an_answer_in_time_lets_the_idle_one_live(self) -> None:
        """Steady traffic over several connections keeps all of them."""
        upstream, second, idle, waiting = self.two_probes()
        self.reactor.advance(0.05)
        waiting.dataReceived(OK)
        self.successResultOf(second)
        self.reactor.advance(10)
        self.assertFalse(idle.disconnecting)
        upstream.close()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_an_upstream_that_says_how_long_it_keeps_a_connection_is_believed(self) -> None:
        """`Keep-Alive: timeout=5`: ours is closed a second before."""
        upstream = self.upstream()
        probe = upstream.probe("/")
        connection, transport = self.accept()
        connection.dataReceived(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5, max=100\r\n\r\n"))
        self.successResultOf(probe)
        self.reactor.advance(3.9)
        self.assertFalse(transport.disconnecting)
        self.reactor.advance(0.1)
        self.assertTrue(transport.disconnecting)

    def test_connections_that_were_closed_are_forgotten(self) -> None:
        """An upstream that closes after every answer does not make us keep what there ever was."""
        upstream = self.upstream()
        kept = []
        for _ in range(3):
            probe = upstream.probe("/")
            connection, _ = self.accept()
            kept.append(weakref.ref(connection))
            connection.dataReceived(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            connection.connectionLost(Failure(ConnectionDone()))
            self.successResultOf(probe)
        del connection, probe
        self.reactor.tcpClients.clear()
        gc.collect()
        self.assertEqual([ref() for ref in kept], [None] * 3)

    def test_retiring_lets_go_of_what_is_idle(self) -> None:
        """What is in use goes on, and is not kept; new requests are served all the same."""
        upstream, second, idle, waiting = self.two_probes()
        upstream.retire()
        self.assertTrue(idle.disconnecting)
        waiting.dataReceived(OK)
        self.assertEqual(self.successResultOf(second), 200)
        third = upstream.probe("/")
        connection, transport = self.accept()
        connection.dataReceived(OK)
        self.assertEqual((self.successResultOf(third), transport.disconnecting), (200, True))

    def test_whether_another_attempt_is_worth_it(self) -> None:
        """After a refusal, which came at once; not after a time-out."""
        for error, again in ((ConnectionRefusedError(), True), (TimeoutError(), False)):
            probe = self.upstream().probe("/")
            factory: Any = self.reactor.tcpClients[-1][2]
            factory.clientConnectionFailed(None, Failure(error))
            self.assertEqual(self.failureResultOf(probe, ConnectFailed).value.again, again)

    def test_closing_cuts_what_is_in_use(self) -> None:
        """No connection outlives the process it was made to."""
        upstream = self.upstream()
        probe = upstream.probe("/")
        connection, transport = self.accept()
        upstream.close()
        self.assertTrue(transport.aborted)
        connection.connectionLost(Failure(ConnectionRefusedError()))
        self.failureResultOf(probe, UpstreamFailed)
        self.failureResultOf(upstream.probe("/"), UpstreamFailed)


class OriginTests(SynchronousTestCase):
    def test_urls(self) -> None:
        """Scheme, host, port and base path; IPv6 without and with its brackets."""
        self.assertEqual(Origin.parse("http://localhost:5800"), Origin(False, "localhost", 5800, b""))
        self.assertEqual(Origin.parse("https://[::1]/a/b/"), Origin(True, "::1", 443, b"/a/b"))
        self.assertEqual(Origin.parse("https://[::1]/a").authority, b"[::1]")
        self.assertEqual(Origin.parse("http://h:81").authority, b"h:81")
        self.assertEqual(str(Origin.parse("http://h:81/x/")), "http://h:81/x")
        for wrong in ("localhost:8080", "ftp://x", "http://", "", "http://h:x"):
            with self.assertRaises(ValueError):
                Origin.parse(wrong)
