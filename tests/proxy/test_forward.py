"""One request through the relay, both sides in memory."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import CancelledError, succeed
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import Refusal
from llamaswap.exchange import Exchange
from llamaswap.proxy.body import store
from llamaswap.proxy.forward import Outgoing, forward
from llamaswap.proxy.headers import SESSION_COOKIE, Introduction
from llamaswap.wire.upstream import Upstream
from tests.support.wire import Client, MemoryUpstream, producer_of, request, transport_of

HEAD_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class RelayTestCase(SynchronousTestCase):
    """A client and an upstream with nothing but `forward` between them."""

    def connect(self, *, stored: bool = False, introduction: Introduction | None = None) -> None:
        self.upstream = MemoryUpstream()
        self.introduction = introduction
        self.stored = stored
        self.client = Client(self.answer)

    async def answer(self, exchange: Exchange) -> None:
        try:
            upstream = cast(Upstream, self.upstream)
            if self.stored:
                with await store(exchange.body, lambda work, *args: succeed(work(*args))) as body:
                    await forward(exchange, upstream, Outgoing(exchange.target, body))
            else:
                await forward(exchange, upstream, Outgoing(exchange.target, introduction=self.introduction))
        except Refusal as refusal:
            exchange.begin(refusal.status, [(b"X-Refusal", type(refusal).__name__.encode())], length=0)
            exchange.finish()


class PageTests(RelayTestCase):
    """What a browser may show as a page."""

    PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n<"

    def shown(self, introduction: Introduction | None) -> bytes:
        self.connect(introduction=introduction)
        self.client.send(request("GET /"))
        self.upstream.answer(self.PAGE)
        return self.client.transport.take()

    def test_of_another_server(self) -> None:
        """It gets no scripts, and none of our rights."""
        self.assertIn(b"\r\nContent-Security-Policy: sandbox\r\n", self.shown(Introduction(b"us")))

    def test_of_a_model_here(self) -> None:
        """It works as it was made."""
        self.assertNotIn(b"Content-Security-Policy", self.shown(None))


class RequestTests(RelayTestCase):
    def test_s31_headers_cross_as_they_should(self) -> None:
        """Host and end-to-end lines pass; what belongs to the connection stays; the client's address is added."""
        self.connect()
        self.client.send(
            request("GET /v1/x?q=%2F", "X-Forwarded-For: 9.9.9.9", "Connection: close, X-Foo", "X-Foo: 1", "X-Bar: 2")
        )
        sent = self.upstream.received()
        self.assertTrue(sent.startswith(b"GET /base/v1/x?q=%2F HTTP/1.1\r\nHost: here\r\n"), sent)
        self.assertIn(b"X-Forwarded-For: 9.9.9.9, 192.168.1.1\r\n", sent)
        self.assertIn(b"X-Bar: 2", sent)
        self.assertNotIn(b"X-Foo", sent)
        self.assertNotIn(b"close", sent)

    def test_a_body_of_known_length_streams_through(self) -> None:
        """Bytes go on as they arrive, under the same length."""
        self.connect()
        self.client.send(request("POST /p", "Content-Length: 6") + b"abc")
        self.assertTrue(self.upstream.received().endswith(b"Content-Length: 6\r\n\r\nabc"))
        self.client.send(b"def")
        self.assertEqual(self.upstream.received(), b"def")

    def test_a_chunked_body_stays_chunked(self) -> None:
        """A body of unknown length is framed anew, piece by piece."""
        self.connect()
        self.client.send(request("POST /p", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
        self.assertTrue(self.upstream.received().endswith(b"\r\n\r\n3\r\nabc\r\n"))
        self.client.send(b"1\r\nd\r\n0\r\n\r\n")
        self.assertEqual(self.upstream.received(), b"1\r\nd\r\n0\r\n\r\n")

    def test_a_slow_upstream_pauses_the_client(self) -> None:
        """Back-pressure from the model reaches whoever uploads."""
        self.connect()
        self.client.send(request("POST /p", "Content-Length: 400000") + b"x")
        valve = producer_of(transport_of(self.upstream.last))
        valve.pauseProducing()
        self.client.send(b"x" * 100000)
        self.client.send(b"x" * 290000)
        self.assertEqual(self.client.transport.producerState, "paused")
        valve.resumeProducing()
        self.assertEqual(self.client.transport.producerState, "producing")

    def test_an_early_answer_is_relayed_whole_while_the_body_still_comes(self) -> None:
        """W-38: the end of the request and the answer do not depend on each other."""
        self.connect()
        self.client.send(request("POST /p", "Content-Length: 10") + b"123")
        self.upstream.answer(b"HTTP/1.1 413 Too Large\r\nContent-Length: 6\r\n\r\nto", b"o big"[:4])
        answer = self.client.transport.take()
        self.assertTrue(answer.endswith(b"too bi"), answer)
        self.assertEqual(self.upstream.kept, [])


class AnswerTests(RelayTestCase):
    def test_s30_each_event_passes_before_the_next_is_produced(self) -> None:
        """An event stream is never buffered, keeps its chunk framing, and is marked so."""
        self.connect()
        self.client.send(request("GET /s"))
        self.upstream.answer(HEAD_OK)
        self.assertIn(b"X-Accel-Buffering: no", self.client.transport.take())
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            chunk = b"%x\r\n%b\r\n" % (len(event), event)
            self.upstream.answer(chunk)
            self.assertEqual(self.client.transport.take(), chunk)
        self.upstream.answer(b"0\r\n\r\n")
        self.assertEqual(self.client.transport.take(), b"0\r\n\r\n")
        self.assertEqual(len(self.upstream.kept), 1)
        self.client.send(request("GET /again"))
        self.assertEqual(len(self.upstream.connections), 1)

    def test_every_split_of_an_answer_relays_the_same_bytes(self) -> None:
        """Where the network cuts an answer makes no difference, chunked, by length, or with an interim head."""
        answers = (
            HEAD_OK + b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        )
        for whole in answers:
            results = set()
            for cut in range(1, len(whole)):
                self.connect()
                self.client.send(request("GET /s"))
                self.upstream.answer(whole[:cut], whole[cut:])
                results.add(self.client.transport.take())
                self.assertEqual(len(self.upstream.kept), 1, (whole, cut))
            self.assertEqual(len(results), 1)
            self.assertIn(b"abc", results.pop())

    def test_an_old_client_gets_the_decoded_body(self) -> None:
        """Chunk framing of the upstream stays here when the client speaks 1.0."""
        self.connect()
        self.client.send(b"GET / HTTP/1.0\r\n\r\n")
        self.upstream.answer(HEAD_OK + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        answer = self.client.transport.take()
        self.assertTrue(answer.endswith(b"\r\n\r\nabcde"), answer)
        self.assertTrue(self.client.transport.disconnecting)

    def test_a_body_ended_by_the_close_is_complete(self) -> None:
        """An upstream without framing ends its answer by closing."""
        self.connect()
        self.client.send(request("GET /"))
        self.upstream.answer(b"HTTP/1.1 200 OK\r\n\r\nabc")
        self.upstream.close()
        self.assertTrue(self.client.transport.take().endswith(b"3\r\nabc\r\n0\r\n\r\n"))

    def test_answers_without_a_body(self) -> None:
        """HEAD, 204 and 304 end with their head, and the connection is kept."""
        for line, answer in (
            ("HEAD /", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            ("GET /", b"HTTP/1.1 204 No Content\r\n\r\n"),
            ("GET /", b"HTTP/1.1 304 Not Modified\r\nETag: a\r\n\r\n"),
        ):
            self.connect()
            self.client.send(request(line))
            self.upstream.answer(answer)
            self.assertEqual(self.client.transport.take().count(b"\r\n\r\n"), 1)
            self.assertEqual(len(self.upstream.kept), 1, answer)
            self.assertTrue(self.client.front.over)

    def test_a_slow_client_pauses_the_upstream(self) -> None:
        """Back-pressure from the reader reaches the model."""
        self.connect()
        self.client.send(request("GET /"))
        self.upstream.answer(HEAD_OK)
        producer_of(self.client.transport).pauseProducing()
        self.assertEqual(transport_of(self.upstream.last).producerState, "paused")
        producer_of(self.client.transport).resumeProducing()
        self.assertEqual(transport_of(self.upstream.last).producerState, "producing")

    def test_nothing_behind_an_answer_reaches_the_client(self) -> None:
        """A second answer, or stray bytes, are never relayed; the client's connection is cut."""
        for whole in (HEAD_OK + b"3\r\nabc\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"):
            for extra in (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"\r\n\r\n"):
                for cut in (None, 20, len(whole) - 3):
                    self.connect()
                    self.client.send(request("GET /"))
                    self.upstream.answer(*([whole + extra] if cut is None else [whole[:cut], whole[cut:] + extra]))
                    answer = self.client.transport.take()
                    self.assertNotIn(b"evil", answer)
                    self.assertLess(answer.count(b"HTTP/1.1"), 2)
                    self.assertFalse(answer.endswith(b"\r\n\r\n\r\n"))


class FailureTests(RelayTestCase):
    def test_s33_a_client_that_hangs_up_ends_the_upstream(self) -> None:
        """The upstream's connection is cut in the same turn, before and after its head."""
        for early in (b"", HEAD_OK + b"3\r\nabc\r\n"):
            self.connect()
            self.client.send(request("GET /"))
            if early:
                self.upstream.answer(early)
            self.client.hang_up()
            self.assertTrue(transport_of(self.upstream.last).aborted)

    def test_s35_an_upstream_gone_before_its_head_is_a_502(self) -> None:
        """The client gets an error it can read, whatever way the upstream broke."""
        for broken in (
            b"",
            b"HTTP/1.1 20",
            b"not HTTP at all\r\n\r\n",
            b"HTTP/1.1 101 Hm\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ):
            self.connect()
            self.client.send(request("GET /"))
            if broken:
                self.upstream.answer(broken)
            if not transport_of(self.upstream.last).aborted:
                self.upstream.close()
            self.assertIn(b"502", self.client.transport.take(), broken)

    def test_s34_an_upstream_that_breaks_off_cuts_the_client(self) -> None:
        """W-21: a truncated answer never looks complete, with a length, in chunks, or bare."""
        for answer in (
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234567",
            HEAD_OK + b"3\r\nabc\r\n",
            HEAD_OK + b"5\r\nab",
        ):
            self.connect()
            self.client.send(request("GET /"))
            self.upstream.answer(answer)
            self.upstream.close()
            self.assertTrue(self.client.transport.aborted)
            self.assertFalse(self.client.transport.take().endswith(b"0\r\n\r\n"))
        self.connect()
        self.client.send(b"GET / HTTP/1.0\r\n\r\n")
        self.upstream.answer(b"HTTP/1.1 200 OK\r\n\r\nabc")
        self.upstream.close(cleanly=False)
        self.assertTrue(self.client.transport.aborted)

    def test_a_stale_connection_is_replaced_once(self) -> None:
        """A kept connection that died unseen costs nothing when the request can be sent again."""
        self.connect(stored=True)
        self.client.send(request("POST /one", body=b"1"))
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.client.transport.take()
        self.client.send(request("PUT /two", body=b"2"))
        self.upstream.close()
        self.assertEqual(len(self.upstream.connections), 2)
        self.assertIn(b"/two", self.upstream.received())
        self.upstream.close()
        self.assertIn(b"502", self.client.transport.take())

    def test_a_post_that_was_sent_is_not_sent_again(self) -> None:
        """A model that died of a request must not get it twice; one that had hung up before gets it on a new way."""
        for died_before in (True, False):
            self.connect(stored=True)
            self.client.send(request("POST /one", body=b"1"))
            self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            self.client.transport.take()
            if died_before:
                self.upstream.close()
            self.client.send(request("POST /two", body=b"2"))
            if not died_before:
                self.upstream.close()
            self.assertEqual(len(self.upstream.connections), 2 if died_before else 1)

    def test_a_request_that_is_not_answered_in_time_is_not_sent_again(self) -> None:
        """`timeouts.responseHeader`: the model may be at work on it. The client reads a 502."""
        self.connect(stored=True)
        self.client.send(request("GET /one"))
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.client.transport.take()
        self.upstream.last.limit_silence(5, self.client.clock)
        self.client.send(request("GET /two"))
        self.client.clock.advance(5)
        self.assertEqual(len(self.upstream.connections), 1)
        self.assertIn(b"502", self.client.transport.take())

    def test_a_request_that_got_some_answer_is_not_sent_again(self) -> None:
        """Once a byte came back, the model has worked: no replay."""
        self.connect(stored=True)
        self.client.send(request("POST /one", body=b"1"))
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.client.transport.take()
        self.client.send(request("POST /two", body=b"2"))
        self.upstream.answer(b"HTTP/1.1 2")
        self.upstream.close()
        self.assertEqual(len(self.upstream.connections), 1)
        self.assertIn(b"502", self.client.transport.take())

    def test_an_upstream_that_speaks_unasked_is_cut(self) -> None:
        """Bytes on an idle connection are nobody's answer."""
        self.connect()
        self.client.send(request("GET /"))
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.upstream.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.assertTrue(transport_of(self.upstream.last).aborted)


class TunnelTests(RelayTestCase):
    WISH = ("Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Key: abc")
    SWITCH = (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: k\r\n\r\n"
    )

    def test_a_websocket_is_a_tunnel_both_ways(self) -> None:
        """After the upstream's 101 every byte passes as it is, those that came early included."""
        self.connect()
        self.client.send(request("GET /ws", *self.WISH) + b"early")
        sent = self.upstream.received()
        self.assertIn(b"Connection: Upgrade\r\nUpgrade: websocket", sent)
        self.assertNotIn(b"early", sent)
        self.upstream.answer(self.SWITCH + b"hello")
        answer = self.client.transport.take()
        self.assertTrue(answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: k\r\n"), answer)
        self.assertTrue(answer.endswith(b"\r\n\r\nhello"), answer)
        self.assertEqual(self.upstream.received(), b"early")
        self.client.send(b"ping")
        self.assertEqual(self.upstream.received(), b"ping")
        self.upstream.answer(b"pong")
        self.assertEqual(self.client.transport.take(), b"pong")

    def test_only_a_websocket(self) -> None:
        """Another protocol that the client would speak as well is not offered, with what belongs to it."""
        self.connect()
        self.client.send(request("GET /ws", "Connection: Upgrade", "Upgrade: h2c, websocket", "HTTP2-Settings: AAMA"))
        sent = self.upstream.received()
        self.assertIn(b"\r\nUpgrade: websocket\r\n", sent)
        self.assertNotIn(b"h2c", sent)
        self.assertNotIn(b"HTTP2-Settings", sent)

    def test_no_server_sets_a_cookie_of_ours(self) -> None:
        """Neither with its 101, nor with a head before it; be it a model's or another one."""
        line = b"Set-Cookie: " + SESSION_COOKIE + b"=theirs\r\nSet-Cookie: a=b\r\nService-Worker-Allowed: /\r\n"
        for introduction in (None, Introduction(b"us")):
            self.connect(introduction=introduction)
            self.client.send(request("GET /ws", *self.WISH))
            self.upstream.answer(b"HTTP/1.1 103 Early Hints\r\n" + line + b"\r\n")
            self.upstream.answer(self.SWITCH.replace(b"Sec-", line + b"Sec-"))
            answer = self.client.transport.take()
            self.assertEqual((answer.count(b"HTTP/1.1 1"), answer.count(b"Set-Cookie: a=b\r\n")), (2, 2), answer)
            self.assertNotIn(SESSION_COOKIE, answer)
            self.assertNotIn(b"Service-Worker", answer)

    def test_it_ends_when_it_is_cancelled(self) -> None:
        """As when the key is taken out by which it was let in; the client's end is the front's to cut."""
        self.connect()
        self.client.send(request("GET /ws", *self.WISH))
        self.upstream.answer(self.SWITCH)
        self.client.front.received[-1].cancel()
        self.assertTrue(transport_of(self.upstream.last).aborted)
        self.flushLoggedErrors(CancelledError)

    def test_either_end_closing_ends_both(self) -> None:
        """A tunnel with one end is no tunnel."""
        self.connect()
        self.client.send(request("GET /ws", *self.WISH))
        self.upstream.answer(self.SWITCH)
        self.upstream.close()
        self.assertTrue(self.client.transport.disconnecting)
        self.assertTrue(self.client.front.over)
        self.connect()
        self.client.send(request("GET /ws", *self.WISH))
        self.upstream.answer(self.SWITCH)
        self.client.hang_up()
        self.assertTrue(transport_of(self.upstream.last).disconnecting)
        self.upstream.close()
        self.assertTrue(self.client.front.over)

    def test_a_refused_upgrade_is_an_ordinary_answer(self) -> None:
        """The connection goes on with the next message, also one that came early."""
        self.connect()
        self.client.send(request("GET /ws", *self.WISH) + request("GET /next"))
        self.upstream.received()
        self.upstream.answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        self.assertIn(b"404", self.client.transport.take())
        self.assertIn(b"/next", self.upstream.received())
