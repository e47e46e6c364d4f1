"""`GET /api/peers`, and requests that come back to where they have been."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.notices import PeerState
from llamaswap.peers.peers import PeerStatus
from tests.support.peers import peer
from tests.support.web import VIA, MemoryExchange, World, model, settings_of


class StatusTests(SynchronousTestCase):
    def test_every_peer(self) -> None:
        """In the order of the file; what is not known is null."""
        world = World(settings_of())
        world.peer_statuses = [
            PeerStatus("q", "http://h", PeerState.DOWN, 5.5, "refused", ("a", "b"), 4.0),
            PeerStatus("p", "", PeerState.UNKNOWN, None, "", (), None),
        ]
        reply = world.visit("/api/peers")
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/json"))
        down = {"id": "q", "proxy": "http://h", "state": "down", "since": 5.5, "error": "refused", "models": ["a", "b"]}
        unknown = {"id": "p", "proxy": "", "state": "unknown", "since": None, "error": ""}
        expected = [{**down, "refreshed": 4.0}, {**unknown, "models": [], "refreshed": None}]
        self.assertEqual(json.loads(reply.body), {"peers": expected})

    def test_pages_of_others_may_not_ask(self) -> None:
        """Nor anybody without the key."""
        world = World(settings_of(api_keys=("k",)))
        self.assertEqual(world.visit("/api/peers").status, 401)
        headers = {"x-api-key": "k", "Origin": "http://evil.test"}
        self.assertEqual(world.visit("/api/peers", headers).status, 403)


class CircleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World(settings_of(model("m"), peers={"p": peer("p", "X")}))

    def ask(self, method: str, path: str, via: bytes) -> MemoryExchange:
        return self.world.ask(method, path, [(b"Host", b"x"), (b"Via", b"1.1 front"), (b"Via", via)])

    def test_a_request_that_has_been_here(self) -> None:
        """Is refused on every route that goes to a model."""
        for method, path in (("POST", "/v1/chat/completions"), ("GET", "/upstream/m/x")):
            exchange = self.ask(method, path, b"1.1 x, 1.1 " + VIA + b", 1.1 y")
            self.assertEqual(exchange.status, 508)
            self.assertEqual(json.loads(exchange.answer)["error"]["code"], "loop_detected")

    def test_without_peers(self) -> None:
        """Nobody looks for circles, since none can be."""
        self.world = World(settings_of(model("m")))
        self.assertEqual(self.ask("POST", "/v1/chat/completions", b"1.1 " + VIA).status, 200)

    def test_other_ways(self) -> None:
        """Other servers, of our kind too, may have passed it on; what goes to no model cannot run in a circle."""
        self.assertEqual(self.ask("POST", "/v1/chat/completions", b"1.1 llamaswap-fedcba9876543210").status, 200)
        self.assertEqual(self.ask("GET", "/running", b"1.1 " + VIA).status, 0)
