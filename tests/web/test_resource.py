"""The adapter over `twisted.web`: the whole server as a resource of another site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import IResource, Resource
from zope.interface.verify import verifyObject

from llamaswap.errors import NotSupportedHere
from llamaswap.exchange import Exchange
from llamaswap.web.routes import Lane, Route
from tests.support.web import Client, MemoryTunnelEnd, Pump, World, model, settings_of


class AdapterTests(SynchronousTestCase):
    def client(self, serve: Callable[[Exchange, Route], Any], method: str = "POST") -> Client:
        """A connection to a world whose model routes are served by `serve`."""
        self.world = World(settings_of(model("m")), serve={Lane.MODEL: serve, Lane.PASSTHROUGH: serve})
        verifyObject(IResource, self.world.resource)
        return Client(self.world.resource, self.world.clock, method=method)

    def test_shows_the_request(self) -> None:
        """Everything that an exchange promises about its request is there."""
        seen: dict[str, Any] = {}

        async def serve(exchange: Exchange, route: Route) -> None:
            for name in ("method", "target", "version", "peer", "local", "secure", "raw_chunks", "status"):
                seen[name] = getattr(exchange, name)
            seen["header"] = exchange.header(b"x-one"), exchange.header(b"x-two")
            seen["headers"] = dict(exchange.headers)
            exchange.begin(204, [])
            exchange.finish()

        client = self.client(serve)
        client.send("/v1/chat/completions?a=%2F", {"X-One": "1"})
        self.assertEqual(client.reply.status, 204)
        self.assertEqual(seen.pop("headers")[b"X-One"], b"1")
        expected = {
            "method": b"POST",
            "target": b"/v1/chat/completions?a=%2F",
            "version": b"1.1",
            "peer": "192.0.2.7",
            "local": "192.0.2.1",
            "secure": False,
            "raw_chunks": False,
            "status": 0,
            "header": (b"1", None),
        }
        self.assertEqual(seen, expected)

    def test_body_in_pieces(self) -> None:
        """A body is complete, and read in pieces that end with an empty one."""
        read: list[int] = []

        async def serve(exchange: Exchange, route: Route) -> None:
            assert exchange.body.complete
            while piece := await exchange.body.read():
                read.append(len(piece))
            read.append(len(exchange.body.take()))
            exchange.begin(200, [], length=0)
            exchange.finish()

        client = self.client(serve)
        client.send("/v1/chat/completions", body=b"x" * 100_000)
        self.assertEqual(client.reply.status, 200)
        self.assertEqual(read, [65536, 34464, 0])

    def test_answer_is_streamed(self) -> None:
        """The head is out with `begin`, each piece with its `write`; the model's own headers stand alone."""
        go_on: Deferred[None] = Deferred()
        sent: list[tuple[int, int]] = []

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.interim(103, [])
            exchange.begin(201, [(b"Server", b"model"), (b"X", b"1"), (b"X", b"2")], reason=b"Made")
            await go_on
            exchange.write(b"data")
            sent.append((exchange.status, exchange.sent))
            exchange.finish()

        client = self.client(serve)
        client.send("/v1/chat/completions")
        head = client.transport.value()
        self.assertTrue(head.startswith(b"HTTP/1.1 201 Made\r\n") and head.endswith(b"\r\n\r\n"), head)
        self.assertEqual((head.count(b"Server: "), head.count(b"X: ")), (1, 2))
        self.assertNotIn(b"Content-Type", head)
        go_on.callback(None)
        self.assertEqual((client.reply.body, sent), (b"data", [(201, 4)]))

    def test_declared_length(self) -> None:
        """A known length is said, also to HEAD."""

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [], length=3)
            exchange.finish()

        client = self.client(serve, "HEAD")
        client.send("/props?model=m")
        self.assertEqual(client.reply.headers["content-length"], "3")

    def test_back_pressure(self) -> None:
        """A producer is paused and resumed with the client's reading, until it is taken away."""
        pump = Pump()
        go_on: Deferred[None] = Deferred()

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            exchange.produce(pump)
            await go_on
            exchange.produce(None)
            exchange.finish()
            exchange.produce(None)

        client = self.client(serve)
        client.send("/v1/chat/completions")
        assert client.transport.producer is not None
        client.transport.producer.pauseProducing()
        client.transport.producer.resumeProducing()
        self.assertEqual(pump.told, ["pause", "resume"])
        go_on.callback(None)
        self.assertEqual(client.reply.body, b"")

    def test_client_gone(self) -> None:
        """When the client hangs up the coroutine is cancelled, and what it still says goes nowhere."""
        ended: list[object] = []

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            try:
                await Deferred()
            except CancelledError:
                exchange.write(b"too late")
                exchange.produce(None)
                exchange.finish()
                exchange.abort()
                ended.append(exchange)
                raise

        client = self.client(serve)
        client.send("/v1/chat/completions")
        client.hang_up()
        self.assertEqual(len(ended), 1)
        self.assertNotIn(b"too late", client.transport.value())

    def test_abort_cuts(self) -> None:
        """An answer that broke off is cut, not ended."""

        async def serve(exchange: Exchange, route: Route) -> None:
            exchange.begin(200, [])
            exchange.write(b"half")
            exchange.abort()
            exchange.abort()

        client = self.client(serve)
        client.send("/v1/chat/completions")
        self.assertTrue(client.transport.disconnected)
        self.assertTrue(client.transport.value().endswith(b"half\r\n"), client.transport.value())

    def test_no_tunnel(self) -> None:
        """An upgrade is refused, since twisted.web has no way to do it."""

        async def serve(exchange: Exchange, route: Route) -> None:
            error = self.assertRaises(NotSupportedHere, exchange.tunnel, [], b"", MemoryTunnelEnd())
            raise error

        client = self.client(serve)
        client.send("/upstream/m/ws")
        self.assertEqual(client.reply.status, 501)


class MountTests(SynchronousTestCase):
    """The tree below a path of another site."""

    def setUp(self) -> None:
        self.world = World(settings_of(model("m")))
        self.site = Resource()
        self.site.putChild(b"llm", self.world.resource)

    def visit(self, target: str, headers: Mapping[str, str] | None = None) -> Client:
        client = Client(self.site, self.world.clock)
        client.send(target, headers)
        return client

    def test_target_is_below_the_mount(self) -> None:
        """A lane sees the path as if the mount were the root, percent-encoding untouched."""
        self.assertEqual(self.visit("/llm/upstream/m/a%2Fb?q=%20").reply.body, b"up")
        self.assertEqual([exchange.target for exchange, _ in self.world.served], [b"/upstream/m/a%2Fb?q=%20"])

    def test_tree_is_below_the_mount(self) -> None:
        """The resource tree answers below it."""
        self.assertEqual(self.visit("/llm/health").reply.body, b"OK")
        self.assertEqual(self.visit("/llm/nope").reply.status, 404)

    def test_redirects_stay_below_the_mount(self) -> None:
        """Whoever redirects, gate or tree, the client stays in the tree."""
        for target, location in {
            "/llm": "/llm/ui",
            "/llm/": "/llm/ui",
            "/llm//health?x": "/llm/health?x",
            "/llm/ui": "/llm/ui/",
            "/llm/upstream": "/llm/ui/models",
        }.items():
            self.assertEqual(self.visit(target).reply.headers["location"], location)
            proxied = self.visit(target, {"X-Forwarded-Prefix": "/gate"})
            self.assertEqual(proxied.reply.headers["location"], "/gate" + location)
