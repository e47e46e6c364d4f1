"""Connections to an upstream, on a reactor in memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any, cast
from unittest.mock import patch

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Timeouts
from llamaswap.errors import ConnectFailed, UpstreamFailed, UpstreamSilent
from llamaswap.wire.connection import Connection
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import INetworkReactor, Upstream
from tests.support.wire import MemoryTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class UpstreamCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def upstream(self, url: str = "http://127.0.0.1:9/base", **timeouts: int) -> Upstream:
        return Upstream(cast(INetworkReactor, self.reactor), Origin.parse(url), timeouts=Timeouts(**timeouts))

    def accept(self, attempt: int = -1) -> tuple[Connection, MemoryTransport]:
        """Let an attempt to connect succeed, the newest unless another is named."""
        factory = self.reactor.tcpClients[attempt][2]
        protocol: Any = factory.buildProtocol(None)
        transport = MemoryTransport()
        protocol.makeConnection(transport)
        return getattr(protocol, "_wrappedProtocol", protocol), transport

    def refuse(self) -> None:
        factory: Any = self.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))


class UpstreamTests(UpstreamCase):
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

    def test_a_probe_with_a_long_answer(self) -> None:
        """Its status counts all the same; the rest is not waited for."""
        probe = self.upstream().probe("/")
        connection, transport = self.accept()
        connection.dataReceived(OK.replace(b"Length: 2", b"Length: 2000000"))
        self.assertEqual(self.successResultOf(probe), 200)
        self.assertTrue(transport.aborted)

    def test_localhost_tries_both_loopbacks_at_once_after_a_refusal(self) -> None:
        """One refusal does not delay the next address, and the good one is remembered."""
        upstream = self.upstream("http://localhost:9")
        probe = upstream.probe("/")
        self.assertEqual(self.reactor.tcpClients[-1][0], "127.0.0.1")
        self.refuse()
        self.assertEqual(self.reactor.tcpClients[-1][0], "::1")
        self.accept()[0].dataReceived(OK)
        self.successResultOf(probe)

    def test_a_name_with_an_underscore(self) -> None:
        """It is no domain name, but containers have such names, and the system's resolver knows them."""
        asked: list[str] = []

        def resolve(name: str) -> Deferred[str]:
            asked.append(name)
            return succeed("192.0.2.7") if name == "my_app" else fail(DNSLookupError("unknown"))

        self.reactor.resolve = resolve  # type: ignore[assignment]
        probe = self.upstream("http://my_app:9").probe("/")
        self.assertEqual(self.reactor.tcpClients[-1][:2], ("192.0.2.7", 9))
        connection, transport = self.accept()
        self.assertIn(b"Host: my_app:9\r\n", transport.take())
        connection.dataReceived(OK)
        self.assertEqual(self.successResultOf(probe), 200)
        failure = self.failureResultOf(self.upstream("http://no_app:9").probe("/"), ConnectFailed)
        self.assertIn("no_app", str(failure.value))

    def test_names_that_are_none(self) -> None:
        """A failure like any other, and no second attempt is worth its while."""
        for url in (f"http://{'x' * 64}:9", f"https://{'x' * 64}:9"):
            failure = self.failureResultOf(self.upstream(url).probe("/"), ConnectFailed)
            self.assertFalse(failure.value.again)

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


class TimeoutTests(UpstreamCase):
    """`timeouts` of a model or a peer (configuration section 8)."""

    def test_connect(self) -> None:
        """It bounds each attempt; 0 is no limit worth the name."""
        for seconds, expected in ((7, 7.0), (0, 1e9)):
            for url in ("http://127.0.0.1:9", "http://[::1]:9"):
                self.upstream(url, connect=seconds).probe("/")
                self.assertEqual(self.reactor.tcpClients[-1][3], expected)

    def test_response_header(self) -> None:
        """Silence after the request breaks it; a head in time, and however slow a body, do not."""
        upstream = self.upstream(response_header=5)
        probe = upstream.probe("/")
        connection, transport = self.accept()
        self.reactor.advance(4.9)
        connection.dataReceived(OK[:-1])
        self.reactor.advance(100)
        self.assertNoResult(probe)
        connection.dataReceived(OK[-1:])
        self.successResultOf(probe)
        again = upstream.probe("/")
        self.reactor.advance(5)
        error = self.failureResultOf(again, UpstreamSilent).value
        self.assertIn("no answer began within 5 s", str(error))
        self.assertTrue(transport.aborted)
        upstream.close()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_timer_is_left(self) -> None:
        """After a cancel and after a loss."""
        for end in ("cancel", "lost"):
            upstream = self.upstream(response_header=5)
            probe = upstream.probe("/")
            connection, _ = self.accept()
            self.assertEqual(len(self.reactor.getDelayedCalls()), 1)
            if end == "cancel":
                probe.cancel()
                self.failureResultOf(probe, CancelledError)
            else:
                connection.connectionLost(Failure(ConnectionDone()))
                self.failureResultOf(probe, UpstreamFailed)
            self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_body_on_its_way_stops_the_clock(self) -> None:
        """The time counts from the last byte of the request; an answer before that ends it for good."""
        upstream = self.upstream(response_header=5)
        borrowed = upstream.connection()
        entering = Deferred.fromCoroutine(borrowed.__aenter__())
        connection, _ = self.accept()
        self.successResultOf(entering)
        head = connection.send(b"POST / HTTP/1.1\r\n\r\n")
        connection.request_sent = False
        self.reactor.advance(100)
        self.assertNoResult(head)
        connection.request_sent = True
        self.reactor.advance(4.9)
        self.assertNoResult(head)
        self.reactor.advance(0.1)
        self.failureResultOf(head, UpstreamSilent)

    def test_idle_connections_may_stay_for_ever(self) -> None:
        """With 0 nothing closes them, but for an upstream that says it would, and no timer runs."""
        upstream = self.upstream(idle_conn=0)
        probe = upstream.probe("/")
        connection, transport = self.accept()
        connection.dataReceived(OK)
        self.successResultOf(probe)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        probe = upstream.probe("/")
        connection.dataReceived(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5\r\n\r\n"))
        self.successResultOf(probe)
        self.reactor.advance(4)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_other_timeouts_while_it_runs(self) -> None:
        """What is idle is closed by the new one; what is asked next is bounded by it."""
        upstream = self.upstream()
        probe = upstream.probe("/")
        connection, transport = self.accept()
        connection.dataReceived(OK)
        self.successResultOf(probe)
        upstream.configure(Timeouts(idle_conn=10, response_header=5))
        probe = upstream.probe("/")
        connection.dataReceived(OK)
        self.successResultOf(probe)
        upstream.configure(Timeouts(idle_conn=20, response_header=5))
        self.reactor.advance(19)
        self.assertFalse(transport.disconnecting)
        self.reactor.advance(1)
        self.assertTrue(transport.disconnecting)
        probe = upstream.probe("/")
        self.accept()
        self.reactor.advance(5)
        self.failureResultOf(probe, UpstreamSilent)

    def test_w35_keepalive_0_is_none(self) -> None:
        """Any other number is a time of the system's."""
        for seconds in (0, 7):
            self.upstream(keepalive=seconds).probe("/")
            with patch.object(MemoryTransport, "setTcpKeepAlive", create=True) as switch:
                with patch.object(MemoryTransport, "setTcpNoDelay", create=True):
                    self.accept()
            self.assertEqual(switch.call_args.args, (seconds > 0,))

    def test_tls_handshake(self) -> None:
        """Nothing is said before it is over; it is waited for so long, or with 0 for ever; a cancel hangs up."""
        for seconds in (10, 0):
            upstream = self.upstream("https://127.0.0.1:9", tls_handshake=seconds)
            probe = upstream.probe("/")
            _, transport = self.accept_secure()
            self.reactor.advance(9.9)
            self.assertNoResult(probe)
            self.reactor.advance(0.1)
            if seconds:
                error = self.failureResultOf(probe, UpstreamFailed).value
                self.assertIn("no TLS handshake within 10 s", str(error))
            else:
                self.assertNoResult(probe)
                probe.cancel()
                self.failureResultOf(probe, CancelledError)
            self.assertTrue(transport.aborted)
        probe = self.upstream("https://127.0.0.1:9").probe("/")
        connection, _ = self.accept_secure()
        self.assertFalse(connection.asked)
        connection.handshakeCompleted()
        self.assertTrue(connection.asked)
        self.reactor.advance(0)  # TLS gathers what is written in one turn
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_handshake_that_fails(self) -> None:
        """The reason is told."""
        probe = self.upstream("https://127.0.0.1:9").probe("/")
        connection, _ = self.accept_secure()
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("the TLS handshake failed", str(self.failureResultOf(probe, UpstreamFailed).value))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def accept_secure(self) -> tuple[Any, MemoryTransport]:
        """As `accept`: what is below TLS, and the transport below that."""
        tls: Any = self.reactor.tcpClients[-1][2].buildProtocol(None)
        transport = MemoryTransport()
        tls.makeConnection(transport)
        return tls._wrappedProtocol.wrappedProtocol, transport


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
