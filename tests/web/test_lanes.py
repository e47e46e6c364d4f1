"""The gate and the tree over both ways in: our channel, and a site of `twisted.web` that the server is mounted in."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.web.routes import ROUTES, Access, Lane, Route
from llamaswap.wire.channel import ChannelFactory
from llamaswap.wire.lane import TreeLane
from tests.support.web import World, model, parsed, settings_of
from tests.support.wire import MemoryTransport, request

KEYS = {"none": "", "wrong": "Authorization: Bearer wrong", "right": "Authorization: Bearer k"}


class Connection:
    """A client of the channel, in memory."""

    def __init__(self, world: World) -> None:
        self.factory = ChannelFactory(world.front, TreeLane(world.tree), world.settings.limits, world.clock)
        self.transport = MemoryTransport()
        self.channel = self.factory.buildProtocol(None)
        self.channel.makeConnection(self.transport)

    def send(self, line: str, *headers: str) -> bytes:
        """Send a request; what came back so far."""
        self.channel.dataReceived(request(line, *(header for header in headers if header)))
        return self.transport.take()


def rows() -> list[tuple[str, str, Route]]:
    """(method, path, row) for every row of the table; a stream that never ends is asked for its head only."""
    found = []
    for route in ROUTES:
        path = route.path.decode() + ("m/x" if route.prefix else "")
        for method in sorted(route.methods) or [b"PATCH", b"GET"]:
            head_only = route.lane is Lane.FEED and b"GET" in route.methods
            found.append(("HEAD" if head_only else method.decode(), path, route))
    return found


class BothWaysTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m"), api_keys=("k",)))

    def test_every_route_and_key(self) -> None:
        """Every route of both lanes asks for the key on either way in, and answers the same on both."""
        connection = Connection(self.world)
        for method, path, route in rows():
            for name, header in KEYS.items():
                ours = parsed(connection.send(f"{method} {path}", header), method)
                theirs = self.world.visit(path, dict([header.split(": ")]) if header else {}, method=method)
                closed = name != "right" and route.access is Access.KEY
                self.assertEqual(ours.status == 401, closed, (path, name))
                self.assertEqual((ours.status, ours.body), (theirs.status, theirs.body), (path, name))
                served, self.world.served = self.world.served, []
                relayed = route.lane in (Lane.MODEL, Lane.PASSTHROUGH)
                self.assertEqual(bool(served), relayed and not closed, (path, name))

    def test_redirects_below_a_prefix(self) -> None:
        """Behind a reverse proxy that shows us below a path, whoever redirects says that path; to a plain one only."""
        connection = Connection(self.world)
        cases = {
            "/": "/ui",
            "/ui?x": "/ui/?x",
            "/upstream": "/ui/models",
            "//health?x": "/health?x",
            "/logs": "/ui/",
        }
        for prefix, believed in (("/swap", "/swap"), ("/swap/", "/swap"), ("//evil.example", ""), ("/a/../b", "")):
            headers = {"X-Forwarded-Prefix": prefix, "Accept": "text/html", "Authorization": "Bearer k"}
            for path, location in cases.items():
                ours = parsed(
                    connection.send(f"GET {path}", *(f"{name}: {said}" for name, said in headers.items())), "GET"
                )
                theirs = self.world.visit(path, headers)
                for reply in (ours, theirs):
                    self.assertEqual(reply.headers["location"], believed + location, prefix)
                    self.assertEqual(reply.headers["vary"], "X-Forwarded-Prefix")

    def test_one_connection_for_both_lanes(self) -> None:
        """Requests of either lane follow each other on one connection, and are answered in order."""
        connection = Connection(self.world)
        lines = ("GET /running", "POST /v1/chat/completions", "GET /nope", "GET /health")
        connection.channel.dataReceived(b"".join(request(line, KEYS["right"]) for line in lines))
        statuses = re.findall(rb"HTTP/1.1 (\d+) ", connection.transport.take())
        self.assertEqual(statuses, [b"200", b"200", b"404", b"200"])

    def test_log_stream_over_the_channel(self) -> None:
        """A stream's head is out at once, its lines follow live, and `close()` ends it so that others can follow."""
        connection = Connection(self.world)
        head = connection.send("GET /logs/stream", KEYS["right"])
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK\r\n"), head)
        self.world.logs.proxy.write(b"[INFO] x\n")
        self.assertEqual(connection.transport.take(), b"9\r\n[INFO] x\n\r\n")
        self.world.feeds.close()
        self.assertEqual(connection.transport.take(), b"0\r\n\r\n")
        self.assertEqual(parsed(connection.send("GET /health"), "GET").body, b"OK")

    def test_log_stream_whose_client_leaves(self) -> None:
        """A client that hangs up is not written to any more."""
        connection = Connection(self.world)
        connection.send("GET /logs/stream", KEYS["right"])
        connection.channel.connectionLost()
        self.world.logs.proxy.write(b"x")
        self.assertEqual(connection.transport.take(), b"")

    def test_long_bodies(self) -> None:
        """None is waited for that nobody would take, be it sent in one piece or byte by byte."""
        for path in ("POST /api/login", "POST /api/logout", "PUT /api/profiles/active", "GET /running"):
            for piece in (b"x", b"x" * 8 * 1024):
                connection = Connection(self.world)
                self.assertEqual(connection.send(path, KEYS["right"], "Transfer-Encoding: chunked"), b"")
                for _ in range(8 * 1024 // len(piece)):
                    connection.channel.dataReceived(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.assertEqual(connection.transport.take(), b"")
                connection.channel.dataReceived(b"1\r\nx\r\n")
                answer = connection.transport.take()
                self.assertIn(b" 413 ", answer.partition(b"\r\n")[0])
                self.assertIn(b"no more than 8 KiB", answer)
