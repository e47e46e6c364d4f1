"""Probes 1 to 14: transport. Probe 12 needs a build of the UI: `web/test_ui.py`."""

from __future__ import annotations

from tests.conformance.world import ConfigurationA
from tests.support import built


class TransportProbes(ConfigurationA):
    def test_probe_1(self) -> None:
        for path in ("/health", "/wol-health"):
            reply = self.client.get(path)
            self.assertEqual((reply.status, reply.body), (200, b"OK"))
            self.assertIn("text/plain", reply.header("Content-Type") or "")

    def test_probe_2(self) -> None:
        reply = self.client.ask("HEAD", "/health")
        self.assertEqual((reply.status, reply.body, reply.header("Content-Length")), (200, b"", "2"))

    def test_probe_3_4_5(self) -> None:
        for method, path, allowed in (
            ("POST", "/health", "GET, HEAD"),
            ("DELETE", "/v1/audio/voices", "GET, HEAD, POST"),
            ("GET", "/v1/chat/completions", "POST"),
        ):
            reply = self.client.ask(method, path)
            self.assertEqual((reply.status, reply.header("Allow")), (405, allowed))
            self.assertEqual(reply.header("Content-Type"), "text/plain; charset=utf-8")

    def test_probe_6(self) -> None:
        for path in ("/nope", "/health/", "/v1/models/", "/v1/models/m1", "/v/models", "/api/captures/"):
            reply = self.client.get(path)
            self.assertEqual(reply.status, 404, path)
            self.assertIn("text/plain", reply.header("Content-Type") or "")
            self.assertEqual(reply.header("X-Content-Type-Options"), "nosniff")
            self.assertNotIn(b"{", reply.body)

    def test_probe_7_8_9(self) -> None:
        for path, status, location in (
            ("//health?x=1", 307, "/health?x=1"),
            ("/", 302, "/ui"),
            ("/ui?x=1", 307, "/ui/?x=1"),
        ):
            reply = self.client.get(path)
            self.assertEqual((reply.status, reply.header("Location")), (status, location))

    def test_probe_10(self) -> None:
        first, other = self.client.get("/ui/"), self.client.get("/ui/some/route")
        self.assertEqual((first.status, other.status), (built.FOUND, built.FOUND))
        self.assertEqual(first.body.replace(b'"./"', b'"../"'), other.body)
        self.assertIn("text/html", first.header("Content-Type") or "")

    def test_probe_11(self) -> None:
        self.assertEqual(self.client.get("/ui/no.js").status, 404)

    def test_probe_13(self) -> None:
        wish = {"Access-Control-Request-Headers": "X-A, bad header, Content-Type"}
        reply = self.client.ask("OPTIONS", "/anything", headers=wish)
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(reply.header("Access-Control-Allow-Headers"), "X-A, Content-Type")
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), "*")
        self.assertEqual(reply.header("Access-Control-Max-Age"), "86400")

    def test_probe_14(self) -> None:
        self.unload()
        reply = self.client.ask("OPTIONS", "/upstream/m1/x")
        self.assertEqual(reply.status, 204)
        allowed = "Content-Type, Authorization, Accept, X-Requested-With"
        self.assertEqual(reply.header("Access-Control-Allow-Headers"), allowed)
        self.assertEqual(self.client.running(), {})
