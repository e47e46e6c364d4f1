"""Probes 74 to 83: keys, and a store on disk."""

from __future__ import annotations

import base64
import signal

from tests.conformance.world import CHAT, Client, ConfigurationB, Reply
from tests.support import built
from tests.support.live import LiveServer


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


class KeyProbes(ConfigurationB):
    def setUp(self) -> None:
        self.stranger = Client(self.server.port)

    def check_refused(self, reply: Reply) -> None:
        self.check_error(reply, 401, "authentication_error", "unauthorized", "unauthorized")
        self.assertEqual(reply.header("WWW-Authenticate"), 'Basic realm="llama-swap"')

    def test_probe_74(self) -> None:
        for method, path, status in (
            ("GET", "/", 302),
            ("GET", "/ui", 307),
            ("GET", "/favicon.ico", built.FOUND),
            ("GET", "/health", 200),
            ("GET", "/wol-health", 200),
            ("GET", "/upstream", 302),
            ("GET", "/nope", 404),
            ("GET", CHAT, 405),
            ("OPTIONS", CHAT, 204),
        ):
            self.assertEqual(self.stranger.ask(method, path).status, status, path)

    def test_probe_75(self) -> None:
        """All but `/ui/`, which shows the login page (the issue's deviation)."""
        paths = "/v1/models /running /unload /metrics /logs /logs/stream /api/events /api/version /comfyui"
        for path in f"{paths} /upstream/zz /props?model=m1".split():
            self.check_refused(self.stranger.get(path))
        self.check_refused(self.stranger.chat("m1"))

    def test_probe_76(self) -> None:
        """A page for people is the login page, open and without a challenge."""
        reply = self.stranger.get("/ui/", Accept="text/html")
        self.assertEqual((reply.status, reply.header("WWW-Authenticate")), (built.FOUND, None))
        refused = self.stranger.get("/running", Accept="text/html")
        self.assertEqual((refused.status, refused.header("Content-Type")), (401, "text/html"))
        quiet = self.stranger.get("/running", X_Requested_With="llama-swap-ui")
        self.assertEqual((quiet.status, quiet.header("WWW-Authenticate")), (401, None))

    def test_probe_77(self) -> None:
        for name, value in (
            ("Authorization", _basic("any:secret")),
            ("Authorization", "bEaReR sk-two"),
            ("X-API-KEY", "secret"),
        ):
            self.assertEqual(self.stranger.ask("GET", "/running", headers={name: value}).status, 200, name)

    def test_probe_78_79_80(self) -> None:
        for authorization, status in (
            ("Bearer wrong", 401),
            ("Basic !!", 200),
            (_basic("any:"), 200),
        ):
            reply = self.stranger.get("/running", Authorization=authorization, x_api_key="secret")
            self.assertEqual(reply.status, status, authorization)
        for authorization in ("Bearer  secret", "secret"):
            self.check_refused(self.stranger.get("/running", Authorization=authorization))
        self.check_refused(self.stranger.get("/running?api_key=secret"))

    def test_probe_81(self) -> None:
        """The model sees neither (Q1)."""
        echo = self.stranger.chat("m1", Authorization="Bearer secret", x_api_key="secret").json()
        names = {name.lower() for name, _ in echo["headers"]}
        self.assertFalse({"authorization", "x-api-key"} & names)

    def test_probe_82(self) -> None:
        reply = self.client.get("/api/performance")
        self.assertEqual((reply.status, reply.json()), (503, {"enabled": False}))
        reply = self.client.get("/metrics")
        self.assertEqual((reply.status, reply.body[:1]), (503, b"#"))

    def test_probe_83(self) -> None:
        for _ in range(8):
            self.assertEqual(self.client.chat("m1").status, 200)
        self.client.row_after(7)
        before = self.client.get("/api/metrics/activity").json()
        self.assertGreaterEqual(before["total"], 8)
        self.server.stop(signal.SIGTERM)
        file = self.folder / "config.yaml"
        type(self).server = LiveServer("--config", str(file), folder=self.folder)
        type(self).server.__enter__()
        type(self).client = Client(self.server.port, self.headers)
        after = self.client.get("/api/metrics/activity").json()
        self.assertEqual(after["total"], before["total"])
        self.assertFalse(any(row["has_capture"] for row in after["data"]))
        self.assertEqual(self.client.post(CHAT, {"model": "m1"}).status, 200)
        self.assertEqual(self.client.row_after(before["data"][0]["id"])["id"], before["data"][0]["id"] + 1)
