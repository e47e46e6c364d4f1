"""Asking the engines for their figures."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.engines import LONGEST, MOST, ask_engines
from tests.support.wire import MemoryUpstream, transport_of


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


class AskEnginesTests(SynchronousTestCase):
    """Two engines."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.servers = {"a": MemoryUpstream(), "b": MemoryUpstream()}
        self.asking = Deferred.fromCoroutine(ask_engines(self.servers, self.clock))

    def test_at_the_same_time(self) -> None:
        """Both are asked before either has answered, below the base of their URLs."""
        for server in self.servers.values():
            self.assertTrue(server.received().startswith(b"GET /base/metrics HTTP/1.1\r\n"))
        self.servers["b"].answer(answer(b"y 2\n"))
        self.assertNoResult(self.asking)
        self.servers["a"].answer(answer(b"x 1\n"))
        self.assertEqual(self.successResultOf(self.asking), {"a": "x 1\n", "b": "y 2\n"})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_that_has_none(self) -> None:
        """Or says that it cannot: the other's are there."""
        self.servers["a"].answer(answer(b"no such path", b"404 Not Found"))
        self.servers["b"].answer(answer(b"y 2\n"))
        self.assertEqual(self.successResultOf(self.asking), {"a": "", "b": "y 2\n"})

    def test_one_that_breaks_off(self) -> None:
        self.servers["a"].close(cleanly=False)
        self.servers["b"].answer(answer(b"y 2\n"))
        self.assertEqual(self.successResultOf(self.asking), {"a": "", "b": "y 2\n"})

    def test_one_that_is_slow(self) -> None:
        """Is not waited for, and is hung up on."""
        self.servers["b"].answer(answer(b"y 2\n"))
        self.clock.advance(LONGEST)
        self.assertEqual(self.successResultOf(self.asking), {"a": "", "b": "y 2\n"})
        self.assertTrue(transport_of(self.servers["a"].last).aborted)

    def test_one_that_says_too_much(self) -> None:
        self.servers["a"].answer(answer(b"x" * (MOST + 1)))
        self.servers["b"].answer(answer(b"\xff 2\n"))
        self.assertEqual(self.successResultOf(self.asking), {"a": "", "b": "\ufffd 2\n"})

    def test_nobody_wants_to_know(self) -> None:
        """All are hung up on."""
        self.asking.addErrback(lambda failure: None)
        self.asking.cancel()
        for server in self.servers.values():
            self.assertTrue(transport_of(server.last).aborted)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class NoEnginesTests(SynchronousTestCase):
    def test_without_engines(self) -> None:
        """There is nothing to wait for."""
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(ask_engines({}, Clock()))), {})
