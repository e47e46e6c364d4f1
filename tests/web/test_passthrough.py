"""`/upstream/…`: any request, untouched, to the model that the path names."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.support.relay import RelayWorld
from tests.support.web import MemoryBody, model, settings_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


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
            exchange = self.world.ask(method, target)
            self.assertEqual((exchange.status, exchange.answered_header("Location")), (status, location))

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
