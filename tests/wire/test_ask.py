"""One small request and its answer, over a connection in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import UpstreamFailed
from llamaswap.wire.ask import AnswerTooLong, ask
from tests.support.wire import MemoryUpstream, transport_of

LIMIT = 10
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class AskTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = MemoryUpstream()

    def ask(self, *args: Any, **more: Any) -> Deferred[tuple[int, bytes]]:
        return Deferred.fromCoroutine(ask(self.server, *(args or (b"GET", b"/x")), limit=LIMIT, **more))

    @property
    def cut(self) -> bool:
        return transport_of(self.server.last).aborted

    def test_what_is_sent(self) -> None:
        """Below the base, with a length where there is a body."""
        self.ask(b"GET", b"/x?y=1")
        self.assertEqual(self.server.received(), b"GET /base/x?y=1 HTTP/1.1\r\nHost: upstream.test:8001\r\n\r\n")
        self.ask(b"POST", b"/x", [(b"Accept", b"*/*")], b"hi")
        sent = b"POST /base/x HTTP/1.1\r\nHost: upstream.test:8001\r\nAccept: */*\r\nContent-Length: 2\r\n\r\nhi"
        self.assertEqual(self.server.received(), sent)

    def test_the_answer(self) -> None:
        """Whatever its status, up to the limit, and the connection is kept."""
        for status in (200, 302, 503):
            asking = self.ask()
            self.server.answer(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, LIMIT), b"x" * LIMIT)
            self.assertEqual(self.successResultOf(asking), (status, b"x" * LIMIT))
        self.assertEqual(len(self.server.connections), 1)

    def test_a_fresh_connection(self) -> None:
        """Is made although one is kept."""
        for _ in range(2):
            asking = self.ask(fresh=True)
            self.server.answer(b"HTTP/1.1 204 X\r\n\r\n")
            self.assertEqual(self.successResultOf(asking), (204, b""))
        self.assertEqual(len(self.server.connections), 2)

    def test_an_answer_that_breaks_off(self) -> None:
        """Is none."""
        asking = self.ask()
        self.server.answer(CHUNKED, b"2\r\nhi\r\n")
        self.server.close(cleanly=False)
        self.assertNotIsInstance(self.failureResultOf(asking, UpstreamFailed).value, AnswerTooLong)

    def test_too_long(self) -> None:
        """Cut at once where its head says so, else with the first byte too many; it had a status."""
        asking = self.ask()
        self.server.answer(b"HTTP/1.1 404 X\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1))
        self.assertTrue(self.cut)
        error = self.failureResultOf(asking, AnswerTooLong).value
        self.assertEqual((str(error), error.status), ("the answer is longer than 10 bytes", 404))
        for end in (b"", b"0\r\n\r\n"):
            asking = self.ask()
            self.server.answer(CHUNKED, b"a\r\n0123456789\r\n")
            self.assertFalse(self.cut)
            self.server.answer(b"1\r\nx\r\n" + end)
            self.assertEqual((self.cut, self.server.kept), (True, []))
            self.server.close(cleanly=False)
            self.assertEqual(self.failureResultOf(asking, AnswerTooLong).value.status, 200)

    def test_cancelled(self) -> None:
        """Hangs up, before the answer and in the middle of it."""
        for said in (b"", CHUNKED):
            asking = self.ask()
            if said:
                self.server.answer(said)
            asking.cancel()
            self.failureResultOf(asking, CancelledError)
            self.assertTrue(self.cut)
