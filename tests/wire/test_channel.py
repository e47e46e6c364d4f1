"""The client's side of the wire: parsing, order, two lanes on one connection, and what is refused."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from llamaswap.config.schema import Limits
from llamaswap.errors import BadRequest, BodyStalled, BodyTooLarge, ClientGone
from llamaswap.exchange import Exchange
from tests.support.wire import Client, request


async def echo(exchange: Exchange) -> None:
    """Answer with what was asked."""
    body = b""
    while piece := await exchange.body.read():
        body += piece
    exchange.begin(200, [(b"X-Lane", b"fast")], length=len(exchange.target) + 1 + len(body))
    exchange.write(exchange.target + b" " + body)
    exchange.finish()


class Tree(Resource):
    """A resource tree that answers now, or when told."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Request] = []

    def render(self, request: Request) -> Any:
        if request.path == b"/slow":
            self.waiting.append(request)
            return NOT_DONE_YET
        request.defaultContentType = None
        assert request.content is not None
        return b"tree " + request.uri + b" " + request.content.read()


def by_path(exchange: Exchange) -> Any:
    return echo(exchange) if exchange.target.startswith(b"/fast") else None


class ParsingTests(SynchronousTestCase):
    def test_a_request_is_answered_and_the_connection_kept(self) -> None:
        """One message, one answer, and the next message on the same connection."""
        client = Client(echo)
        self.assertEqual(
            client.send(request("POST /a?b=c", body=b"hello")),
            b"HTTP/1.1 200 OK\r\nX-Lane: fast\r\nContent-Length: 12\r\n\r\n/a?b=c hello",
        )
        self.assertIn(b"/next ", client.send(request("GET /next")))
        self.assertFalse(client.transport.disconnecting)
        client.leave()
        self.assertEqual(client.clock.getDelayedCalls(), [])

    def test_what_is_over_is_no_garbage(self) -> None:
        """It goes with its last reference, and nobody has to look for it."""
        client = Client(echo)
        client.send(request("POST /first", body=b"hello"))
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for path in ("/whole", "/again"):
            client.send(request(f"POST {path}", body=b"hello"))
        client.send(request("POST /parts", body=b"hello")[:-2])
        client.send(b"lo")
        client.front.received.clear()
        client.front.over.clear()
        self.assertEqual(gc.collect(), 0)

    def test_every_split_of_a_request_gives_the_same_answer(self) -> None:
        """Where the network cuts a message makes no difference."""
        whole = request("POST /split", "X-Empty:", body=b"0123456789")
        for cut in range(1, len(whole)):
            client = Client(echo)
            client.channel.dataReceived(whole[:cut])
            self.assertTrue(client.send(whole[cut:]).endswith(b"/split 0123456789"), cut)
            self.assertEqual(len(client.front.received), 1)

    def test_pipelined_messages_are_answered_in_order_across_both_lanes(self) -> None:
        """A slow resource holds back the answers behind it, and none of them is lost."""
        tree = Tree()
        client = Client(by_path, tree)
        early = client.send(request("GET /fast1") + request("GET /slow") + request("POST /fast2", body=b"x"))
        self.assertIn(b"/fast1", early)
        self.assertNotIn(b"/fast2", early)
        tree.waiting[0].write(b"slow done")
        tree.waiting[0].finish()
        rest = client.transport.take()
        self.assertLess(rest.index(b"slow done"), rest.index(b"/fast2 x"))
        self.assertIn(b"tree /last", client.send(request("GET /last")))
        self.assertEqual(len(client.front.over), 4)

    def test_a_chunked_body_arrives_decoded(self) -> None:
        """The client's chunk framing ends at the door."""
        client = Client(echo)
        head = request("POST /c", "Transfer-Encoding: chunked")
        self.assertTrue(client.send(head + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").endswith(b"/c abcdefg"))
        self.assertIsNone(client.front.received[0].body.length)

    def test_head_gets_headers_only(self) -> None:
        """HEAD is answered with the length of what GET would send, and no body."""
        client = Client(echo)
        answer = client.send(request("HEAD /h"))
        self.assertIn(b"Content-Length: 3", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def test_a_1_0_client_gets_a_bare_body_and_a_close(self) -> None:
        """Chunk framing is never sent to a client that cannot read it."""

        async def stream(exchange: Exchange) -> None:
            exchange.begin(200, [])
            exchange.write(b"one")
            exchange.write(b"two")
            exchange.finish()

        client = Client(stream)
        answer = client.send(b"GET / HTTP/1.0\r\n\r\n")
        self.assertEqual(answer, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo")
        self.assertTrue(client.transport.disconnecting)
        newer = Client(stream)
        self.assertTrue(newer.send(request("GET /")).endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"))

    def test_keep_alive_of_1_0_is_answered_in_kind(self) -> None:
        """A 1.0 client that asks to keep the connection is told that it is kept."""
        client = Client(echo)
        self.assertIn(b"Connection: keep-alive", client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
        self.assertFalse(client.transport.disconnecting)

    def test_connection_close_is_honoured(self) -> None:
        """`Connection: close` ends the connection after the answer."""
        client = Client(echo)
        self.assertIn(b"Connection: close", client.send(request("GET /", "Connection: close")))
        self.assertTrue(client.transport.disconnecting)

    def test_an_absolute_target_is_read_as_its_path(self) -> None:
        """A request target in absolute form means the path in it, and its authority replaces Host."""
        client = Client(echo)
        self.assertTrue(client.send(request("GET http://other:1/p?q")).endswith(b"/p?q "))
        self.assertEqual(client.front.received[0].header(b"host"), b"other:1")

    def test_100_continue_is_sent_when_the_body_is_wanted(self) -> None:
        """A client that asks first is told to go on, once."""
        client = Client(echo)
        first = client.send(request("POST /e", "Expect: 100-continue", "Content-Length: 2"))
        self.assertEqual(first, b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertTrue(client.send(b"ok").endswith(b"/e ok"))

    def test_an_answer_without_the_expected_body_closes(self) -> None:
        """Refused before the body was asked for, the client need not send it: the connection cannot go on."""

        async def refuse(exchange: Exchange) -> None:
            exchange.begin(401, [], length=0)
            exchange.finish()

        client = Client(refuse)
        answer = client.send(request("POST /e", "Expect: 100-continue", "Content-Length: 9999999"))
        self.assertIn(b"Connection: close", answer)
        self.assertNotIn(b"100 Continue", answer)


class RefusalTests(SynchronousTestCase):
    def refused(self, data: bytes, status: bytes = b"400") -> None:
        client = Client(echo)
        answer = client.send(data)
        self.assertTrue(answer.startswith(b"HTTP/1.1 " + status), (data, answer))
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual(client.front.received, [])

    def test_what_llhttp_leaves_open_is_refused(self) -> None:
        """Other versions, contradicting or odd framing, a missing or second Host, CONNECT: none reaches a route."""
        self.refused(b"GET /\r\n\r\n", b"505")
        self.refused(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", b"505")
        self.refused(b"GET / HTTP/1.1\r\n\r\n")
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        self.refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx")
        self.refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.refused(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
        self.refused(b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.refused(b"GET / HTTP/1.1\nHost: a\n\n")
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n")
        self.refused(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")
        self.refused(b"GET a HTTP/1.1\r\nHost: a\r\n\r\n")
        self.refused(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx"
        )
        self.refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

    def test_a_long_head_is_refused_whether_or_not_it_ends(self) -> None:
        """limits.headerBytes bounds the head: 431."""
        client = Client(echo, limits=Limits(header_bytes=200))
        self.assertIn(b"431", client.send(request("GET /", "X: " + "y" * 300)))
        client = Client(echo, limits=Limits(header_bytes=200))
        self.assertIn(b"431", client.send(b"GET / HTTP/1.1\r\nX: " + b"y" * 300))

    def test_framing_and_trailers_are_bounded(self) -> None:
        """A chunk extension or a trailer without end is refused, however little body it carries."""
        for flood in (b"1;" + b"x" * 3000, b"1\r\nx\r\n0\r\nT: " + b"x" * 3000):
            client = Client(echo, limits=Limits(header_bytes=1000))
            client.send(request("POST /", "Transfer-Encoding: chunked") + flood)
            self.assertTrue(client.transport.disconnecting or client.transport.aborted)
            self.flushLoggedErrors(BadRequest)

    def test_garbage_behind_a_good_message_does_not_hurt_its_answer(self) -> None:
        """The good one is answered first, then the bad one is refused."""
        client = Client(echo)
        answer = client.send(request("GET /good") + b"\x00\x01garbage\r\n\r\n")
        self.assertIn(b"/good", answer)
        self.assertTrue(client.transport.disconnecting)

    def test_a_bad_chunk_size_ends_the_request_that_reads_it(self) -> None:
        """The reader of a broken body is told, and nobody waits for ever."""
        seen: list[BaseException] = []

        async def read(exchange: Exchange) -> None:
            try:
                await exchange.body.read()
            except BadRequest as error:
                seen.append(error)
            exchange.begin(400, [], length=0)
            exchange.finish()

        client = Client(read)
        client.send(request("POST /", "Transfer-Encoding: chunked"))
        self.assertIn(b"400", client.send(b"zz\r\n"))
        self.assertEqual(len(seen), 1)
        self.assertTrue(client.transport.disconnecting)

    def test_a_body_over_the_limit_fails_its_reader(self) -> None:
        """limits.bodyBytes holds for declared and for chunked bodies."""
        seen: list[str] = []

        async def read(exchange: Exchange) -> None:
            try:
                while await exchange.body.read():
                    pass
            except BodyTooLarge:
                seen.append("too large")
            exchange.begin(413, [], length=0)
            exchange.finish()

        for framing, body in (("Content-Length: 11", b"x"), ("Transfer-Encoding: chunked", b"b\r\nxxxxxxxxxxx\r\n")):
            client = Client(read, limits=Limits(body_bytes=10))
            self.assertIn(b"413", client.send(request("POST /", framing) + body))
        self.assertEqual(seen, ["too large"] * 2)

    def test_an_h2c_upgrade_with_a_body_smuggles_nothing(self) -> None:
        """The wish is ignored, the body is read by its framing, and only then the next message."""
        upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAA")
        inner = request("GET /smuggled")
        for framing, body in (
            (f"Content-Length: {len(inner)}", inner),
            ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(inner), inner)),
        ):
            client = Client(echo)
            answer = client.send(request("POST /outer", *upgrade, framing) + body + request("GET /second"))
            self.assertEqual([e.target for e in client.front.received], [b"/outer", b"/second"])
            self.assertIn(b"/outer GET /smuggled", answer)
        client = Client(echo)
        client.send(request("GET /bare", *upgrade))
        self.assertIn(b"/after", client.send(request("GET /after")))


class EndingTests(SynchronousTestCase):
    def test_a_client_that_hangs_up_cancels_its_answer(self) -> None:
        """Nobody polls: the coroutine is cancelled in the same turn."""
        gone: list[str] = []

        async def wait(exchange: Exchange) -> None:
            never: Deferred[None] = Deferred(lambda _: gone.append("cancelled"))
            await never

        client = Client(wait)
        client.send(request("GET /"))
        client.hang_up()
        self.assertEqual(gone, ["cancelled"])
        self.assertEqual(len(client.front.over), 1)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_client_that_leaves_in_its_body_fails_the_reader(self) -> None:
        """A body that will never be complete is told as such."""
        seen: list[str] = []

        async def read(exchange: Exchange) -> None:
            try:
                while await exchange.body.read():
                    pass
            except ClientGone:
                seen.append("gone")
                raise

        client = Client(read)
        client.send(request("POST /", "Content-Length: 10") + b"123")
        client.hang_up()
        self.assertEqual(seen, ["gone"])

    def test_a_resource_hears_of_a_lost_connection(self) -> None:
        """notifyFinish works in the resource lane."""
        tree = Tree()
        client = Client(by_path, tree)
        client.send(request("GET /slow"))
        ended: list[object] = []
        tree.waiting[0].notifyFinish().addErrback(ended.append)
        client.hang_up()
        self.assertEqual(len(ended), 1)

    def test_an_answer_that_stops_short_is_cut(self) -> None:
        """Fewer bytes than promised never look complete."""

        async def short(exchange: Exchange) -> None:
            exchange.begin(200, [], length=10)
            exchange.write(b"123")
            exchange.finish()

        client = Client(short)
        client.send(request("GET /"))
        self.assertTrue(client.transport.aborted)

    def test_a_coroutine_that_fails_cuts_and_is_logged(self) -> None:
        """A bug in an answer never leaves a client hanging."""

        async def broken(exchange: Exchange) -> None:
            raise ZeroDivisionError

        client = Client(broken)
        client.send(request("GET /"))
        self.assertTrue(client.transport.aborted)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_front_that_fails_cuts_and_is_logged(self) -> None:
        """Nor does a bug before an answer."""

        def broken(exchange: Exchange) -> None:
            raise ZeroDivisionError

        client = Client(broken)
        client.send(request("GET /"))
        self.assertTrue(client.transport.aborted)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_header_cannot_carry_a_line_break(self) -> None:
        """Response splitting is a bug that shows."""

        async def split(exchange: Exchange) -> None:
            exchange.begin(200, [(b"Location", b"/x\r\nSet-Cookie: a=b")], length=0)

        client = Client(split)
        self.assertEqual(client.send(request("GET /")), b"")
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_an_unread_body_is_read_off_so_that_the_connection_goes_on(self) -> None:
        """A small rest of a body does not cost the connection."""

        async def ignore(exchange: Exchange) -> None:
            exchange.begin(200, [], length=0)
            exchange.finish()

        client = Client(ignore)
        client.send(request("POST /", "Content-Length: 10") + b"12345")
        self.assertFalse(client.transport.disconnecting)
        client.send(b"67890" + request("GET /next"))
        self.assertEqual([e.target for e in client.front.received], [b"/", b"/next"])

    def test_closing_ends_idle_connections_now_and_busy_ones_after_their_answer(self) -> None:
        """An orderly shutdown breaks no answer."""
        gate: Deferred[None] = Deferred()

        async def wait(exchange: Exchange) -> None:
            await gate
            exchange.begin(200, [], length=0)
            exchange.finish()

        busy, idle = Client(wait), Client(wait)
        busy.send(request("GET /"))
        for client in (busy, idle):
            client.factory.close()
        self.assertTrue(idle.transport.disconnecting)
        self.assertFalse(busy.transport.disconnecting)
        drained = busy.factory.drained()
        gate.callback(None)
        self.assertIn(b"Connection: close", busy.transport.take())
        self.assertTrue(busy.transport.disconnecting)
        self.assertNoResult(drained)
        busy.hang_up()
        self.successResultOf(drained)


class TimeTests(SynchronousTestCase):
    def test_a_head_must_arrive_in_time(self) -> None:
        """limits.headerSeconds: a slow head is 408, and one more byte does not buy more time."""
        client = Client(echo, limits=Limits(header_seconds=8))
        client.send(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(7):
            client.clock.advance(1)
            client.send(b"x")
        client.clock.pump([1, 1])
        self.assertIn(b"408", client.transport.take())

    def test_an_idle_connection_is_closed(self) -> None:
        """limits.keepAlive."""
        client = Client(echo, limits=Limits(keep_alive=20))
        client.send(request("GET /"))
        client.clock.pump([1] * 18)
        self.assertFalse(client.transport.disconnecting)
        client.clock.pump([1] * 4)
        self.assertTrue(client.transport.disconnecting)
        self.assertFalse(client.transport.aborted)

    def test_a_stalled_body_is_refused(self) -> None:
        """limits.bodyIdle counts from the last byte, and only while somebody reads."""
        seen: list[str] = []

        async def read(exchange: Exchange) -> None:
            try:
                while await exchange.body.read():
                    pass
            except BodyStalled:
                seen.append("stalled")
            exchange.begin(408, [], length=0)
            exchange.finish()

        client = Client(read, limits=Limits(body_idle=8))
        client.send(request("POST /", "Content-Length: 10"))
        for _ in range(5):
            client.clock.pump([1] * 6)
            client.send(b"1")
        self.assertEqual(seen, [])
        client.clock.pump([1] * 12)
        self.assertEqual(seen, ["stalled"])

    def test_other_limits(self) -> None:
        """They hold for the next wait of connections that are open, too."""
        client = Client(echo, limits=Limits(keep_alive=20))
        client.send(request("GET /"))
        client.factory.configure(Limits(keep_alive=4, body_bytes=2))
        client.clock.pump([1] * 10)
        self.assertFalse(client.transport.disconnecting)
        client.send(request("GET /"))
        client.clock.pump([1] * 3)
        self.assertFalse(client.transport.disconnecting)
        client.clock.pump([1] * 3)
        self.assertTrue(client.transport.disconnecting)

    def test_another_limit_of_bodies(self) -> None:
        """It holds for the next message."""
        client = Client(echo)
        client.factory.configure(Limits(body_bytes=2))
        client.send(request("POST /", body=b"long"))
        self.assertEqual(len(self.flushLoggedErrors(BodyTooLarge)), 1)

    def test_no_limit_ends_a_request_that_waits_or_an_answer_that_runs(self) -> None:
        """An hour of loading and an hour of streaming are fine."""
        gate: Deferred[None] = Deferred()

        async def slow(exchange: Exchange) -> None:
            await gate
            exchange.begin(200, [])
            exchange.write(b"x")
            await Deferred()

        client = Client(slow, limits=Limits(header_seconds=1, body_idle=1, keep_alive=1))
        client.send(request("POST /", body=b"x"))
        client.clock.pump([10] * 360)
        gate.callback(None)
        client.clock.pump([10] * 360)
        self.assertFalse(client.transport.disconnecting)
        self.assertFalse(client.transport.aborted)


class BackPressureTests(SynchronousTestCase):
    def test_a_body_that_nobody_reads_pauses_the_client(self) -> None:
        """No more than a bounded piece of an unread body is kept."""
        go: Deferred[None] = Deferred()

        async def later(exchange: Exchange) -> None:
            await go
            while await exchange.body.read():
                pass
            exchange.begin(200, [], length=0)
            exchange.finish()

        client = Client(later)
        client.send(request("POST /", "Content-Length: 400000") + b"x" * 300000)
        self.assertEqual(client.transport.producerState, "paused")
        go.callback(None)
        self.assertEqual(client.transport.producerState, "producing")
        self.assertIn(b"200 OK", client.send(b"x" * 100000))

    def test_messages_that_wait_pause_the_client(self) -> None:
        """A client cannot pile up messages behind a slow one."""
        tree = Tree()
        client = Client(by_path, tree)
        client.send(request("GET /slow"))
        client.send(request("GET /fast"))
        self.assertEqual(client.transport.producerState, "paused")
        client.send(request("GET /fast-held"))
        tree.waiting[0].finish()
        self.assertIn(b"/fast-held", client.transport.take())
        self.assertEqual(client.transport.producerState, "producing")
