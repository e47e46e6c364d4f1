"""Log history and log streams, over a connection in memory."""

from __future__ import annotations

import json
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.exchange import Exchange
from llamaswap.feeds.turns import HEARTBEAT_PERIOD
from llamaswap.ids import ModelId
from llamaswap.logs.ring import CAPACITY
from tests.support.web import Client, MemoryExchange, World, model, settings_of


class LogsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m1"), model("org/m2", aliases=("al2",)), model("proxy")))
        self.logs = self.world.logs

    def follow(self, path: str, method: str = "GET") -> Client:
        client = Client(self.world.resource, self.world.clock, method=method)
        client.send(path)
        return client

    def heard(self, client: Client) -> bytes:
        """The stream's bytes so far, taken out of their chunks."""
        _, _, chunks = client.transport.value().partition(b"\r\n\r\n")
        heard = b""
        while chunks:
            size, _, rest = chunks.partition(b"\r\n")
            heard += rest[: int(size, 16)]
            chunks = rest[int(size, 16) + 2 :]
        return heard

    def write(self, name: str, data: bytes) -> None:
        self.logs.model(ModelId(name)).write(data)

    def test_probe_127_history(self) -> None:
        """`/logs` is the combined history as plain text."""
        self.logs.proxy.write(b"[INFO] hello\n")
        reply = self.world.visit("/logs")
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "text/plain"))
        self.assertEqual(reply.body, b"[INFO] hello\n")

    def test_probe_128_people_are_sent_to_the_ui(self) -> None:
        """A browser is redirected."""
        reply = self.world.visit("/logs", {"Accept": "text/html,*/*"})
        self.assertEqual((reply.status, reply.headers["location"]), (302, "/ui/"))

    def test_probe_129_and_130_sources(self) -> None:
        """Each name gives its source: a model by ID or alias, in any encoding, with segments behind it ignored."""
        self.logs.proxy.write(b"own")
        for name in ("m1", "org/m2", "proxy"):
            self.write(name, f"<{name}>".encode())
        for path, expected in {
            "": b"own",
            "/": b"own",
            "/proxy": b"own",
            "/upstream": b"<m1><org/m2><proxy>",
            "/m1": b"<m1>",
            "/m1/extra/segments": b"<m1>",
            "/org%2Fm2": b"<org/m2>",
            "/org/m2": b"<org/m2>",
            "/al2": b"<org/m2>",
        }.items():
            self.assertEqual(self.heard(self.follow("/logs/stream" + path)), expected, path)

    def test_probe_131_without_history(self) -> None:
        """Asked so, a stream begins with what is written next; its head is there at once (Q8)."""
        self.logs.proxy.write(b"old")
        for query in ("?no-history", "?no-history=0", "?x=1&no-history="):
            client = self.follow("/logs/stream" + query)
            self.assertIn(b" 200 OK\r\n", client.transport.value())
            self.assertEqual(self.heard(client), b"")
            self.logs.proxy.write(b"new")
            self.assertEqual(self.heard(client), b"new")

    def test_history_only(self) -> None:
        """Asked so, a stream ends behind its history, and nobody follows it."""
        self.logs.proxy.write(b"old")
        followers = self.logs.proxy.followers
        reply = self.world.visit("/logs/stream/proxy?no-follow")
        self.assertEqual((reply.status, reply.body, self.logs.proxy.followers), (200, b"old", followers))

    def test_probe_132_unknown_source(self) -> None:
        """A name that is no source is a 400 envelope (names are not trimmed, Q22)."""
        for name in ("px/uniq", "m1%20", "%ff", "org"):
            reply = self.world.visit(f"/logs/stream/{name}")
            self.assertEqual(reply.status, 400, name)
            self.assertIn("invalid logger", json.loads(reply.body)["error"]["message"])

    def test_head_of_a_stream(self) -> None:
        """The headers of a stream say that nobody should sniff or buffer it; HEAD gets nothing else."""
        reply = self.follow("/logs/stream", "HEAD").reply
        self.assertEqual(reply.status, 200)
        names = ("content-type", "x-content-type-options", "x-accel-buffering")
        self.assertEqual([reply.headers[name] for name in names], ["text/plain", "nosniff", "no"])

    def test_length_of_the_history(self) -> None:
        """A header says how many bytes of the body were written before; none where no history is asked for."""
        self.logs.proxy.write("äö\n".encode())
        lengths = [
            self.follow(f"/logs/stream/proxy{query}", "HEAD").reply.headers["x-history-bytes"]
            for query in ("", "?no-history", "?no-follow")
        ]
        self.assertEqual(lengths, ["5", "0", "5"])
        self.assertIn(b"X-History-Bytes: 5\r\n", self.follow("/logs/stream/proxy").transport.value())

    def test_history_then_live(self) -> None:
        """Nothing is lost or told twice between history and what follows."""
        self.write("m1", b"1")
        client = self.follow("/logs/stream/m1")
        self.write("m1", b"2")
        self.write("org/m2", b"not this")
        self.assertEqual(self.heard(client), b"12")

    def test_client_gone(self) -> None:
        """Who hangs up is not written to any more, and nothing is kept for them."""
        client = self.follow("/logs/stream")
        client.hang_up()
        self.logs.proxy.write(b"x")
        self.assertEqual(self.heard(client), b"")
        self.world.feeds.close()

    def test_s23_slow_client(self) -> None:
        """A client that does not read blocks nobody; it gets what was kept, one marker, then the rest."""
        client = self.follow("/logs/stream")
        producer = client.transport.producer
        assert producer is not None
        producer.pauseProducing()
        for _ in range(2000):
            self.logs.proxy.write(b"x" * 99 + b"\n")
        self.assertEqual(self.heard(client), b"")
        producer.resumeProducing()
        self.logs.proxy.write(b"live\n")
        kept = CAPACITY // 100 * 100
        heard = self.heard(client)
        self.assertEqual(heard[kept:].decode(), f"— {200_000 - kept} bytes dropped —\nlive\n")

    def test_close_ends_streams(self) -> None:
        """At shutdown open streams end properly, and later ones after their history."""
        self.logs.proxy.write(b"own")
        client = self.follow("/logs/stream")
        self.assertFalse(client.transport.value().endswith(b"\r\n0\r\n\r\n"))
        self.world.feeds.close()
        self.assertEqual(client.reply.body, b"own")
        self.assertEqual(self.follow("/logs/stream").reply.body, b"own")
        self.world.feeds.close()


class LogEventsTests(SynchronousTestCase):
    """`/logs/streamSSE`, as in the first releases."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m1"), model("org/m2", aliases=("al2",))))
        self.logs = self.world.logs

    def follow(self, path: str = "", *, method: str = "GET") -> tuple[MemoryExchange, Deferred[None]]:
        exchange = MemoryExchange(method, "/logs/streamSSE" + path)
        answering = self.world.front.receive(cast(Exchange, exchange))
        assert answering is not None
        exchange.task = Deferred.fromCoroutine(answering)
        return exchange, exchange.task

    def test_history_then_live(self) -> None:
        """Each piece of the log is a message, with a `data:` line for each of its lines."""
        self.logs.proxy.write(b"one\ntwo\n")
        exchange, _ = self.follow()
        self.assertEqual(exchange.answered_header("Content-Type"), "text/event-stream")
        self.assertEqual(exchange.answer, b"event:message\ndata: one\ndata: two\ndata: \n\n")
        self.logs.proxy.write(b"three")
        self.assertEqual(exchange.written[-1], b"event:message\ndata: three\n\n")

    def test_without_history(self) -> None:
        """Asked so, it begins with what is written next."""
        self.logs.proxy.write(b"old")
        exchange, _ = self.follow("?no-history")
        self.assertEqual((exchange.status, exchange.answer), (200, b""))

    def test_sources(self) -> None:
        """The same as of the plain stream."""
        for name in ("m1", "org/m2"):
            self.logs.model(ModelId(name)).write(f"<{name}>".encode())
        for path, expected in {
            "/upstream": b"<m1><org/m2>",
            "/org%2Fm2": b"<org/m2>",
            "/al2": b"<org/m2>",
            "/": b"",
        }.items():
            self.assertIn(expected, self.follow(path)[0].answer, path)
        for path in ("/nope", "/%ff"):
            exchange, done = self.follow(path)
            self.successResultOf(done)
            self.assertEqual(exchange.status, 400)

    def test_heartbeat(self) -> None:
        """An idle stream shows that it is alive; one whose client does not read is not written to."""
        exchange, _ = self.follow()
        self.world.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual(exchange.answer, b":\n")
        assert exchange.producer is not None
        exchange.producer.pauseProducing()
        self.world.clock.advance(HEARTBEAT_PERIOD)
        self.assertEqual(exchange.answer, b":\n")

    def test_slow_client(self) -> None:
        """It gets what was kept, and is told how much was not."""
        exchange, _ = self.follow()
        assert exchange.producer is not None
        exchange.producer.pauseProducing()
        for _ in range(2000):
            self.logs.proxy.write(b"x" * 99 + b"\n")
        self.assertEqual(exchange.answer, b"")
        exchange.producer.resumeProducing()
        kept = CAPACITY // 100 * 100
        self.assertEqual(exchange.answer.count(b"data: xxx"), kept // 100)
        self.assertTrue(exchange.written[-1].decode().startswith(f"event:message\ndata: — {200_000 - kept} bytes"))

    def test_ends(self) -> None:
        """With its client, with the keys that let it in, and with the server; HEAD at once."""
        exchange, gone = self.follow()
        exchange.cancel()
        self.failureResultOf(gone, CancelledError)
        exchange, done = self.follow()
        self.world.feeds.end_all()
        self.successResultOf(done)
        self.assertTrue(exchange.finished)
        self.world.feeds.close()
        self.successResultOf(self.follow()[1])
        self.successResultOf(self.follow(method="HEAD")[1])
        self.assertEqual(self.world.clock.getDelayedCalls(), [])
        self.assertEqual(self.logs.combined.followers, 0)
