"""Probes 56 to 73: what is passed through."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conformance.world import ConfigurationA, ConfigurationC


class PassthroughProbes(ConfigurationA):
    def test_probe_56_and_57(self) -> None:
        self.unload()
        self.conflict(self.client.get("/upstream/m1/app.js"), "not loaded")
        self.assertEqual(self.client.running(), {})
        self.assertEqual(self.client.chat("m1").status, 200)
        self.assertEqual(self.client.get("/upstream/m1/app.js").json()["path"], "/app.js")

    def test_probe_58_and_59(self) -> None:
        reply = self.client.get("/upstream/al1?q=1")
        self.assertEqual((reply.status, reply.header("Location")), (301, "/upstream/al1/?q=1"))
        reply = self.client.post("/upstream/org%2Fm2")
        self.assertEqual((reply.status, reply.header("Location")), (308, "/upstream/org/m2/"))

    def test_probe_60(self) -> None:
        reply = self.client.get("/upstream")
        self.assertEqual((reply.status, reply.header("Location")), (302, "/ui/models"))
        reply = self.client.post("/upstream")
        self.assertEqual((reply.status, reply.header("Location")), (307, "/upstream/"))

    def test_probe_61(self) -> None:
        for path in ("/upstream/zzz/x", "/upstream/s-pin/x"):
            self.not_found(self.client.get(path), "model not found")

    def test_probe_62(self) -> None:
        reply = self.client.get("/upstream/org%2Fm2/a/b%2Fc%252F/d%20e?x=%2F")
        self.assertEqual(reply.json()["path"], "/a/b%2Fc%252F/d%20e?x=%2F")

    def test_probe_63(self) -> None:
        reply = self.client.get("/upstream/m1//a//b")
        self.assertEqual((reply.status, reply.header("Location")), (307, "/upstream/m1/a/b"))

    def test_probe_64(self) -> None:
        before = self.client.newest()
        reply = self.client.post("/upstream/m1/v1/chat/completions", b'{"model":"zzz","temperature":1}')
        self.assertEqual(reply.json()["body"], '{"model":"zzz","temperature":1}')
        row = self.client.row_after(before)
        self.assertEqual((row["model"], row["req_path"]), ("m1", "/v1/chat/completions"))

    def test_probe_65(self) -> None:
        self.mark()
        self.assertEqual(self.client.post("/upstream/m1/custom", {}).status, 200)
        self.assertEqual(self.client.get("/upstream/m1/v1/chat/completions").status, 200)
        self.assertEqual(self.client.get("/props?model=m1").status, 200)
        self.no_row_for()

    def test_probe_66(self) -> None:
        echo = self.client.get("/upstream/px/org/pm/v1/models").json()
        headers = {name.lower(): value for name, value in echo["headers"]}
        self.assertEqual((echo["name"], echo["path"]), ("peer", "/v1/models"))
        self.assertEqual((headers["authorization"], headers["x-api-key"]), ("Bearer peerkey", "peerkey"))

    def test_probe_67(self) -> None:
        echo = self.client.post("/upstream/px/uniq/v1/completions", b'{"model":"px/uniq"}').json()
        self.assertEqual((echo["name"], echo["body"]), ("peer", '{"model":"uniq"}'))

    @contextmanager
    def websocket(self, path: str) -> Iterator[tuple[socket.socket, bytes]]:
        """A connection that asked for an upgrade, and the head of its answer."""
        with socket.create_connection(("127.0.0.1", self.client.port), timeout=20) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n".encode()
                + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            yield connection, head

    def test_probe_68(self) -> None:
        with self.websocket("/upstream/m1/ws") as (connection, head):
            self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
            connection.sendall(b"\x81\x02hi")
            self.assertEqual(connection.recv(100), b"\x81\x02hi")

    def test_probe_69_and_72(self) -> None:
        self.client.post("/api/models/unload/comfyui_auto")
        self.conflict(self.client.get("/comfyui/ws"), "only /comfyui/")
        with self.websocket("/comfyui/") as (connection, head):
            self.assertTrue(head.startswith(b"HTTP/1.1 409 "), head)
            while b"ignored websocket" not in head:
                head += connection.recv(4096)
        self.assertNotIn("comfyui_auto", self.client.running())

    def test_probe_70(self) -> None:
        reply = self.client.get("/comfyui?t=1")
        self.assertEqual((reply.status, reply.header("Location")), (301, "/comfyui/?t=1"))
        reply = self.client.post("/comfyui")
        self.assertEqual((reply.status, reply.header("Location")), (308, "/comfyui/"))

    def test_probe_71(self) -> None:
        self.mark()
        self.assertEqual(self.client.get("/comfyui/?t=1").json()["path"], "/?t=1")
        self.assertEqual(self.client.get("/comfyui/api/x%2Fy").json()["path"], "/api/x%2Fy")
        self.no_row_for()


class IgnoredPathProbe(ConfigurationC):
    def test_probe_73(self) -> None:
        self.client.post("/api/models/unload/m2")
        self.conflict(self.client.get("/upstream/m2/static/x"), "not loaded")
        self.assertEqual(self.client.get("/upstream/m2/x.js").status, 200)
