"""Answers that no honest server sends: none may reach a client as something else than one whole answer, or a cut."""

from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange
from llamaswap.proxy.body import StoredBody
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.web.answers import send
from llamaswap.web.refusals import answer_to
from llamaswap.wire.upstream import Upstream
from tests.support.wire import Client, MemoryUpstream, request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


class LyingUpstreamTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.upstream = MemoryUpstream()
        self.client = Client(self.relay)

    async def relay(self, exchange: Exchange) -> None:
        """What the model routes do, the refusals of `Front.guard` included."""
        try:
            await forward(exchange, cast(Upstream, self.upstream), Outgoing(b"/x", StoredBody(b"body")))
        except Refusal as refusal:
            if exchange.status:
                exchange.abort()
            else:
                await send(exchange, answer_to(refusal, None))

    def answered(self, *pieces: bytes) -> bytes:
        self.client.send(request("POST /x"))
        for piece in pieces:
            self.upstream.answer(piece)
        return self.client.transport.take()

    def test_status_000_never_makes_two_heads(self) -> None:
        """A status of zero is no status: the client must not get that head and then a 502 behind it."""
        self.client.send(request("POST /x"))
        self.upstream.answer(b"HTTP/1.1 000 X\r\nContent-Length: 5\r\n\r\nhe")
        self.upstream.close()
        self.assertEqual(self.client.transport.take().count(b"HTTP/1.1 "), 1)

    def test_line_breaks_before_a_head_are_no_body(self) -> None:
        """llhttp skips them; the head behind them must not be relayed as the answer's chunked body."""
        self.assertEqual(self.answered(b"\r\n\r\n" + CHUNKED).count(b"HTTP/1.1 200"), 1)

    def test_line_breaks_behind_an_interim_head_are_no_body(self) -> None:
        """The same between a 100 and the answer."""
        self.assertEqual(self.answered(b"HTTP/1.1 100 C\r\n\r\n\r\n\r\n" + CHUNKED).count(b"HTTP/1.1 200"), 1)

    def test_a_stray_line_feed_behind_the_last_chunk_is_not_relayed(self) -> None:
        """Nothing that follows the end of an answer ever reaches a client."""
        self.assertFalse(self.answered(CHUNKED + b"\n").endswith(b"\n\n"))

    def test_stray_line_feeds_behind_an_answer_in_two_packets(self) -> None:
        """The same when head and body come apart."""
        head, end, body = CHUNKED.partition(b"\r\n\r\n")
        self.assertFalse(self.answered(head + end, body + b"\n\n").endswith(b"\n\n\n"))

    def test_a_body_behind_the_head_for_a_head(self) -> None:
        """The answer was complete before it: it is sent, and the connection serves nobody else."""
        for framing in (b"Content-Length: 5\r\n", b"X-A: 1\r\n", b"Transfer-Encoding: chunked\r\n"):
            for body in (b"hello", b"5\r\nhello\r\n0\r\n\r\n"):
                self.setUp()
                self.client.send(request("HEAD /x"))
                self.upstream.answer(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (framing, body))
                told = self.client.transport.take()
                self.assertTrue(told.startswith(b"HTTP/1.1 200 OK\r\n"), (framing, body, told))
                self.assertTrue(told.endswith(b"\r\n\r\n"), told)
                self.assertEqual((told.count(b"\r\n\r\n"), self.upstream.kept), (1, []))
                self.assertFalse(self.client.transport.aborted)

    def test_framing_of_an_interim_head_does_not_cross(self) -> None:
        """A 103 that claims a body would put the client out of step."""
        told = self.answered(b"HTTP/1.1 103 E\r\nContent-Length: 5\r\nLink: a\r\n\r\n")
        self.assertTrue(told.startswith(b"HTTP/1.1 103"), told)
        self.assertNotIn(b"Content-Length", told)

    def test_a_connection_that_switched_protocols_unasked_is_not_kept(self) -> None:
        """The answer is 502, and the connection (which is no HTTP any more) must not serve the next request."""
        answer = self.answered(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 502"), answer)
        self.assertEqual(self.upstream.kept, [])

    def test_absolute_target_replaces_the_host_that_is_forwarded(self) -> None:
        """RFC 9112, 3.2.2: what the gate took for the host is what the upstream is told."""
        self.client.send(b"POST http://real.test/x HTTP/1.1\r\nHost: other.test\r\n\r\n")
        self.assertNotIn(b"other.test", self.upstream.received())
