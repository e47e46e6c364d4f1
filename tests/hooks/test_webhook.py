"""Webhooks, over connections in memory."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Timeouts
from llamaswap.hooks.webhook import LONGEST_ANSWER, Target, post
from llamaswap.wire.connection import Connection
from llamaswap.wire.origin import Origin
from llamaswap.wire.upstream import INetworkReactor, Upstream
from tests.support.wire import MemoryTransport

BODY = b'{"event": "x"}'


class TargetTests(SynchronousTestCase):
    """What becomes of a URL."""

    def target(self, url: str) -> tuple[str, str, str]:
        """Path, host and user."""
        target = Target.parse(url)
        return (
            target.path.decode(),
            target.origin.authority.decode(),
            b"".join(value for _, value in target.user).decode(),
        )

    def test_paths(self) -> None:
        """Path and query, escaped as far as need be, without the fragment."""
        for url, path in (
            ("http://h", "/"),
            ("http://h?a=b", "/?a=b"),
            ("http://h/a b/ü?c=%20d#e", "/a%20b/%C3%BC?c=%20d"),
            ("http://h/a?b=http://c", "/a?b=http://c"),
        ):
            self.assertEqual(self.target(url), (path, "h", ""))

    def test_hosts(self) -> None:
        """Ports, addresses and names of containers; a user of the URL is told to the host alone."""
        self.assertEqual(self.target("https://h:8/x")[1], "h:8")
        self.assertEqual(self.target("http://[::1]:8")[1], "[::1]:8")
        self.assertEqual(self.target("http://my_app/x")[1], "my_app")
        self.assertEqual(self.target("https://us%40er:pass@h/x"), ("/x", "h", "Basic dXNAZXI6cGFzcw=="))
        target = Target.parse("https://user:SECRET@h/SECRET?SECRET")
        self.assertEqual(str(target.origin), "https://h")


class PostTests(SynchronousTestCase):
    """One post to http://127.0.0.1:9/x."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.posting = Deferred.fromCoroutine(post(self.connect, "http://127.0.0.1:9/SECRET", BODY))

    def tearDown(self) -> None:
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def connect(self, origin: Origin, timeouts: Timeouts) -> Upstream:
        return Upstream(cast(INetworkReactor, self.reactor), origin, timeouts=timeouts)

    def accept(self) -> tuple[Connection, MemoryTransport]:
        factory = self.reactor.tcpClients[-1][2]
        protocol: Any = factory.buildProtocol(None)
        transport = MemoryTransport()
        protocol.makeConnection(transport)
        return getattr(protocol, "_wrappedProtocol", protocol), transport

    def answered(self, status: bytes, body: bytes = b"ok") -> str | None:
        connection, transport = self.accept()
        connection.dataReceived(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        self.assertTrue(transport.aborted)
        return self.successResultOf(self.posting)

    def test_what_is_sent(self) -> None:
        """JSON, complete in one piece."""
        connection, transport = self.accept()
        head, _, body = transport.take().partition(b"\r\n\r\n")
        self.assertIn(b"POST /SECRET HTTP/1.1\r\nHost: 127.0.0.1:9\r\n", head)
        self.assertIn(b"\r\nContent-Type: application/json\r\n", head)
        self.assertIn(b"\r\nContent-Length: 14", head)
        self.assertEqual(body, BODY)
        connection.dataReceived(b"HTTP/1.1 204 No Content\r\n\r\n")
        self.assertIsNone(self.successResultOf(self.posting))

    def test_statuses(self) -> None:
        """Those from 200 to 299 are good, and a redirect is not followed."""
        for status, problem in (
            (b"200 OK", None),
            (b"299 Odd", None),
            (b"302 Found", "answered with status 302"),
            (b"404 Not Found", "answered with status 404"),
            (b"500 Oops", "answered with status 500"),
        ):
            self.setUp()
            self.assertEqual(self.answered(status), problem)
            self.assertEqual(len(self.reactor.tcpClients), 1)

    def test_a_long_answer(self) -> None:
        """It is cut, as soon as its length is known; the status counts all the same."""
        for head in (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
            self.setUp()
            connection, transport = self.accept()
            connection.dataReceived(head)
            if b"Length" not in head:
                connection.dataReceived(b"x" * LONGEST_ANSWER)
                self.assertFalse(transport.aborted)
                connection.dataReceived(b"x")
            self.assertTrue(transport.aborted)
            connection.connectionLost(Failure(ConnectionDone()))
            self.assertIsNone(self.successResultOf(self.posting))

    def test_an_answer_that_breaks_off(self) -> None:
        """It is a failure, whatever its status: who posted does not know what became of it."""
        connection, _ = self.accept()
        connection.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx")
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("broke off", str(self.successResultOf(self.posting)))

    def test_no_answer(self) -> None:
        """Nobody there, or somebody who hangs up, or who speaks of something else; no message holds the path."""
        factory: Any = self.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        told = [self.successResultOf(self.posting)]
        self.setUp()
        self.accept()[0].connectionLost(Failure(ConnectionDone()))
        told.append(self.successResultOf(self.posting))
        self.setUp()
        self.accept()[0].dataReceived(b"SSH-2.0-x\r\n\r\n")
        told.append(self.successResultOf(self.posting))
        for problem, words in zip(told, ("cannot connect to http://127.0.0.1:9:", "closed", "not HTTP"), strict=True):
            self.assertIn(words, str(problem))
            self.assertNotIn("SECRET", str(problem))

    def test_cancelled(self) -> None:
        """It hangs up."""
        _, transport = self.accept()
        self.posting.cancel()
        self.failureResultOf(self.posting, CancelledError)
        self.assertTrue(transport.aborted)
