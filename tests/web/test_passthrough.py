"""`/upstream/…`: any request, untouched, to the model that the path names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Selector
from llamaswap.errors import TooManyRequests
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.stay import Stay
from tests.support.probes import configuration_a
from tests.support.relay import RelayWorld
from tests.support.web import MemoryBody, MemoryExchange, model, settings_of
from tests.support.wire import MemoryUpstream

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


class PassthroughTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = RelayWorld(settings_of(model("m", aliases=("al",)), model("org/m2"), model("sp ace")))

    def forwarded(self, name: str, method: str, target: str) -> bytes:
        _, done = self.world.begin(method, target, {"Host": "h"})
        sent = self.world.upstream(name).received()
        self.world.upstream(name).answer(OK)
        self.successResultOf(done)
        return sent.partition(b" HTTP/1.1")[0]

    def test_s32_the_rest_of_the_path_keeps_its_encoding(self) -> None:
        """`%2F` stays `%2F`, blanks at the end stay (Q22), and the query is untouched."""
        self.assertEqual(self.forwarded("m", "GET", "/upstream/m/api/x%2Fy?q=1"), b"GET /base/api/x%2Fy?q=1")
        self.assertEqual(self.forwarded("m", "PATCH", "/upstream/al/a%20b%20"), b"PATCH /base/a%20b%20")
        self.assertEqual(self.forwarded("org/m2", "GET", "/upstream/org%2Fm2/"), b"GET /base/")
        self.assertEqual(self.forwarded("org/m2", "DELETE", "/upstream/org/m2/%252F"), b"DELETE /base/%252F")

    def test_s32_a_bare_model_redirects_to_its_directory(self) -> None:
        """301 for GET and HEAD, 308 otherwise, query kept, name percent-encoded (Q17)."""
        for method, target, status, location in (
            ("GET", "/upstream/m?a=b", 301, "/upstream/m/?a=b"),
            ("HEAD", "/upstream/al", 301, "/upstream/al/"),
            ("POST", "/upstream/org%2Fm2", 308, "/upstream/org/m2/"),
            ("GET", "/upstream/sp%20ace", 301, "/upstream/sp%20ace/"),
        ):
            for prefix in ("", "/swap"):
                exchange = self.world.ask(method, target, {"X-Forwarded-Prefix": prefix})
                self.assertEqual((exchange.status, exchange.answered_header("Location")), (status, prefix + location))

    def test_an_unknown_name_is_not_found(self) -> None:
        """404 with the words of the spec."""
        exchange = self.world.ask("GET", "/upstream/nope/x")
        self.assertEqual(exchange.status, 404)
        self.assertIn("model not found", json.loads(exchange.answer)["error"]["message"])

    def test_s40_assets_alone_load_nothing(self) -> None:
        """409 for an ignored path while the model is not ready; relayed once it is."""
        exchange = self.world.ask("GET", "/upstream/m/app.js")
        self.assertEqual(exchange.status, 409)
        self.assertIn("not loaded", json.loads(exchange.answer)["error"]["message"])
        self.assertEqual(self.world.leases.upstreams, {})
        self.forwarded("m", "GET", "/upstream/m/")
        self.assertEqual(self.forwarded("m", "GET", "/upstream/m/app.js"), b"GET /base/app.js")

    def test_probe_61_selectors_are_no_models_here(self) -> None:
        """S-95: a path names a model, not a choice."""
        exchange = RelayWorld(configuration_a()).ask("GET", "/upstream/s-pin/x")
        self.assertEqual((exchange.status, "model not found" in exchange.answer.decode()), (404, True))

    def test_a_body_streams_through(self) -> None:
        """Pieces go on before the body is complete, whatever they are."""
        body = MemoryBody(length=6, complete=False)
        _, done = self.world.begin("POST", "/upstream/m/x", {"Host": "h"}, body)
        self.assertIn(b"Content-Length: 6", self.world.upstream("m").received())
        body.feed(b"\x00\x01\x02")
        self.assertEqual(self.world.upstream("m").received(), b"\x00\x01\x02")
        body.feed(b"abc")
        body.end()
        self.world.upstream("m").answer(OK)
        self.successResultOf(done)

    def test_options_is_never_forwarded(self) -> None:
        """A preflight is answered here and loads nothing."""
        exchange = self.world.ask("OPTIONS", "/upstream/m/x")
        self.assertEqual((exchange.status, self.world.leases.upstreams), (204, {}))


class ProbedTestCase(SynchronousTestCase):
    """Configuration A of http-api section 24."""

    def setUp(self) -> None:
        self.world = RelayWorld(configuration_a())

    def upstream(self, name: str) -> MemoryUpstream:
        return self.world.peers.upstreams.get(name) or self.world.upstream(name)

    def sent(self, to: str, *args: Any) -> bytes:
        _, done = self.world.begin(*args)
        sent = self.upstream(to).received()
        self.upstream(to).answer(OK)
        self.successResultOf(done)
        return sent

    def line(self, to: str, method: str, target: str) -> str:
        return self.sent(to, method, target, {"Host": "h"}).partition(b" HTTP/1.1")[0].decode()

    def refused(self, status: int, *args: Any) -> str:
        exchange = self.world.ask(*args)
        self.assertEqual(exchange.status, status, exchange.answer)
        return str(json.loads(exchange.answer)["error"]["message"])


class PinTests(ProbedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world.active.choose("p1")

    def test_probe_116_pins_of_paths(self) -> None:
        """The pinned name is replaced, the rest keeps its bytes; a disabled one and a selector are not found."""
        self.assertEqual(self.line("m1", "GET", "/upstream/pub/x%2Fy"), "GET /base/x%2Fy")
        exchange = self.world.ask("GET", "/upstream/pub?a=b")
        self.assertEqual((exchange.status, exchange.answered_header("Location")), (301, "/upstream/think/?a=b"))
        for path in ("/upstream/off/x", "/upstream/psel/x", "/upstream/off"):
            self.assertIn("model not found", self.refused(404, "GET", path))

    def test_the_body_is_left_alone(self) -> None:
        """Only the path is pinned (http-api section 7.1)."""
        headers = {"Host": "h", "Content-Type": "application/json"}
        sent = self.sent("hid", "POST", "/upstream/m1/v1/completions", headers, b'{"model":"m1","temperature":1}')
        self.assertTrue(sent.endswith(b'{"model":"m1","temperature":1}'))

    def test_s40_of_a_pinned_name(self) -> None:
        """Whether the pin's target is loaded is what matters."""
        self.world.leases.states[ModelId("m1")] = State.READY
        self.assertIn("model hid is not loaded", self.refused(409, "GET", "/upstream/m1/app.js"))


class PeerTests(ProbedTestCase):
    def test_s40_and_probe_66_peers(self) -> None:
        """Their paths are never ignored; the path goes on without the name."""
        self.assertEqual(self.line("px", "GET", "/upstream/px/org/pm/v1/models"), "GET /base/v1/models")
        self.assertEqual(self.line("px", "GET", "/upstream/uniq/app.js"), "GET /base/app.js")

    def test_probe_67_the_full_name_in_a_body(self) -> None:
        """Becomes the one that the peer knows, and no filter is applied."""
        json_type = {"Host": "h", "Content-Type": "application/json"}
        form = {"Host": "h", "Content-Type": "application/x-www-form-urlencoded"}
        path = "/upstream/px/uniq/v1/completions"
        for headers, body, expected in (
            (json_type, b'{"temperature": 1, "model":"px/uniq"}', b'{"temperature": 1, "model":"uniq"}'),
            (json_type, b'{"model":"uniq"}', b'{"model":"uniq"}'),
            (json_type, b'{"model":"px/org/pm"}', b'{"model":"px/org/pm"}'),
            (form, b"x=%20&model=px%2Funiq", b"x=%20&model=uniq"),
        ):
            sent = self.sent("px", "POST", path, headers, body)
            self.assertTrue(sent.endswith(b"\r\n\r\n" + expected), sent)
            self.assertIn(b"Content-Length: %d\r\n" % len(expected), sent)

    def test_the_full_name_in_a_query(self) -> None:
        """With or without a body."""
        target = "/upstream/px/uniq/props?a=%2f&model=px%2Funiq"
        self.assertEqual(self.line("px", "GET", target), "GET /base/props?a=%2f&model=uniq")
        sent = self.sent("px", "POST", target, {"Host": "h", "Content-Type": "audio/wav"}, b"RIFF")
        self.assertTrue(sent.startswith(b"POST /base/props?a=%2f&model=uniq HTTP/1.1\r\n"), sent)

    def test_the_bare_name_changes_nothing(self) -> None:
        """The peer knows it."""
        headers = {"Host": "h", "Content-Type": "application/json"}
        sent = self.sent("px", "POST", "/upstream/uniq/x", headers, b'{"model":"px/uniq"}')
        self.assertTrue(sent.endswith(b'{"model":"px/uniq"}'))

    def test_other_bodies_stream(self) -> None:
        """What cannot name a model is not kept."""
        body = MemoryBody(length=3, complete=False)
        _, done = self.world.begin("POST", "/upstream/px/uniq/x", {"Host": "h"}, body)
        self.assertIn(b"Content-Length: 3", self.upstream("px").received())
        self.assertEqual(self.world.on_the_way("px/uniq"), [1])
        body.feed(b"abc")
        body.end()
        self.upstream("px").answer(OK)
        self.successResultOf(done)
        self.assertEqual(self.world.on_the_way("px/uniq"), [0])


class ComfyTests(ProbedTestCase):
    def test_probe_69_and_s41_only_the_root_starts_it(self) -> None:
        """409 for all else until it is ready, also while it starts."""
        for state in (State.STOPPED, State.STARTING, State.STOPPING):
            self.world.leases.states[ModelId("comfyui_auto")] = state
            for path in ("/comfyui/ws", "/comfyui/api/prompt"):
                self.assertIn("only /comfyui/ can start it", self.refused(409, "GET", path))
        self.assertEqual(self.world.leases.upstreams, {})

    def test_probe_70_directory(self) -> None:
        """301 for GET and HEAD, 308 otherwise; the query is kept."""
        for method, target, status, location in (
            ("GET", "/comfyui?t=1", 301, "/comfyui/?t=1"),
            ("HEAD", "/comfyui", 301, "/comfyui/"),
            ("POST", "/comfyui", 308, "/comfyui/"),
        ):
            for prefix in ("", "/swap"):
                exchange = self.world.ask(method, target, {"X-Forwarded-Prefix": prefix})
                self.assertEqual((exchange.status, exchange.answered_header("Location")), (status, prefix + location))

    def test_probe_71_paths(self) -> None:
        """The prefix goes, everything else is as it came; a profile changes nothing."""
        self.world.active.choose("p1")
        self.assertEqual(self.line("comfyui_auto", "GET", "/comfyui/?t=1"), "GET /base/?t=1")
        self.assertEqual(self.line("comfyui_auto", "GET", "/comfyui/api/x%2Fy?a=%2f"), "GET /base/api/x%2Fy?a=%2f")
        self.assertEqual([end.listed for end in self.world.ended], [False, False])

    def test_without_the_model(self) -> None:
        """404 that names it; a peer's model or an alias of this name does not count."""
        self.world = RelayWorld(settings_of(model("m", aliases=("comfyui_auto",))))
        for path in ("/comfyui", "/comfyui/", "/comfyui/x"):
            self.assertIn("comfyui_auto", self.refused(404, "GET", path))


class EndTests(ProbedTestCase):
    """What is told when a request is over."""

    def test_every_end_is_told(self) -> None:
        """In the list of activity stands what asks as a model route does (http-api section 7.1)."""
        for method, rest, listed in (
            ("POST", "/v1/chat/completions?x=1", True),
            ("POST", "/v/embeddings", True),
            ("POST", "/props", True),
            ("GET", "/props", False),
            ("POST", "/v1/models", False),
        ):
            for name, upstream in (("m1", "m1"), ("px/uniq", "px")):
                self.world.ended.clear()
                self.line(upstream, method, f"/upstream/{name}{rest}")
                ((status, told),) = [(end.seen, end.listed) for end in self.world.ended]
                self.assertEqual((status, told), (200, listed), (method, rest))

    def test_a_stay(self) -> None:
        """It has one where it was granted a place, and the refusal's status where it was not."""
        self.line("m1", "POST", "/upstream/m1/v1/completions")
        self.world.leases.refusal = TooManyRequests()
        self.refused(429, "POST", "/upstream/m1/v1/completions")
        self.assertEqual([(end.stay, end.seen) for end in self.world.ended], [(Stay(), 200), (None, 429)])


class SocketTests(ProbedTestCase):
    """`compat.ignoreWebsockets`, which `comfyui_auto` always has."""

    HEADERS = (("Host", "h"), ("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"))

    def knock(self, target: str) -> tuple[MemoryExchange, Deferred[None]]:
        return self.world.begin("GET", target, dict(self.HEADERS))

    def test_probe_72_and_s39_not_ready(self) -> None:
        """409 and no start, whatever else it is."""
        for state in (State.STOPPED, State.STARTING, State.STOPPING):
            self.world.leases.states[ModelId("comfyui_auto")] = state
            for target in ("/comfyui/", "/upstream/comfyui_auto/ws", "/props?model=comfyui_auto"):
                exchange, done = self.knock(target)
                self.successResultOf(done)
                self.assertEqual(exchange.status, 409)
                self.assertIn("ignored websocket", exchange.answer.decode())
        self.assertEqual((self.world.leases.upstreams, self.world.ended), ({}, []))

    def test_ready(self) -> None:
        """It is tunnelled without a place: nobody counts it, and it drops with the model."""
        self.line("comfyui_auto", "GET", "/comfyui/")
        self.world.ended.clear()
        for target in ("/comfyui/ws", "/upstream/comfyui_auto/ws", "/props?model=comfyui_auto"):
            exchange, done = self.knock(target)
            self.upstream("comfyui_auto").answer(SWITCHED + b"hi")
            self.assertEqual((exchange.status, exchange.tunnelled.written), (101, b"hi"))
            self.assertEqual((self.world.leases.left, self.world.ended), ([], []))
            self.upstream("comfyui_auto").close()
            self.successResultOf(done)
            self.assertTrue(exchange.tunnelled.closed)

    def test_s94_through_a_selector(self) -> None:
        """It is counted for no longer than the choice takes."""
        settings = configuration_a()
        selector = Selector(id="s", strategy="spillover", targets=("comfyui_auto",))
        self.world = RelayWorld(replace(settings, selectors={"s": selector}))
        self.line("comfyui_auto", "GET", "/comfyui/")
        _, done = self.knock("/props?model=s")
        self.assertEqual((self.world.leases.left, self.world.on_the_way("comfyui_auto")), ([], [0]))
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_other_requests_and_other_models_count(self) -> None:
        """A plain request takes a place, and so does a WebSocket to a model without the key (S-38)."""
        _, plain = self.world.begin("GET", "/upstream/comfyui_auto/x", {"Host": "h"})
        _, socket = self.knock("/upstream/m1/ws")
        self.assertEqual(self.world.leases.held, ["comfyui_auto", "m1"])
        for done in (plain, socket):
            done.cancel()
            self.failureResultOf(done, CancelledError)
