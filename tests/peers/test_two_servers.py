"""Two real servers that are each other's peers, over TLS with an authority of their own."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.certificates import Authority
from tests.support.live import LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"
KEY = "key-of-b"


class Two:
    """Server a has the model `m-a`, b has `m-b`; both call a model `ghost` the other's, so that nobody has it.

    Server b asks for a key; each looks at the other's models every second. As the peer `doubted` each is known to the
    other as well, with an authority that has not vouched for it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        authority = Authority()
        self.ca = folder / "ca.pem"
        self.ca.write_text(authority.pem)
        self.doubters = folder / "other-ca.pem"
        self.doubters.write_text(Authority("somebody else").pem)
        self.certificate, self.key = authority.vouch("localhost").write(folder, "server")
        self.ports = dict(zip("ab", range(first := free_ports(2), first + 2), strict=True))

    def server(self, id: str, other: str, keys: str) -> LiveServer:
        """One of them, listening on its own port with TLS, and with plain HTTP on another for the test."""
        own = self.folder / id
        own.mkdir(exist_ok=True)
        command = f"{sys.executable} -I -S {fake_upstream.__file__} --port ${{PORT}} --name {id}"
        key = f"apiKey: {KEY}, " if other == "b" else ""
        configuration = f"""
            startPort: {free_ports()}
            {keys}
            models: {{m-{id}: {{cmd: "{command}"}}}}
            peers:
              {other}: {{proxy: "https://localhost:{self.ports[other]}", {key}caFile: {self.ca},
                models: [ghost], refresh: 1}}
              doubted: {{proxy: "https://localhost:{self.ports[other]}", caFile: {self.doubters}, models: [secret]}}
        """
        lines = [line.removeprefix(" " * 12) for line in configuration.splitlines()]
        (own / "config.yaml").write_text("\n".join(lines))
        files = f"privateKey={self.key}:certKey={self.certificate}"
        listen = f"ssl:{self.ports[id]}:interface=127.0.0.1:{files}"
        return LiveServer("--config", str(own / "config.yaml"), "--listen", listen, folder=own)

    @contextmanager
    def running_a(self) -> Iterator[LiveServer]:
        with self.server("a", "b", "") as server:
            yield server

    @contextmanager
    def running_b(self) -> Iterator[LiveServer]:
        with self.server("b", "a", f"apiKeys: [{KEY}]") as server:
            yield server


class TwoServersTests(SynchronousTestCase):
    """Server a is asked."""

    stack: ExitStack
    running_b: ExitStack
    two: Two
    a: LiveServer
    b: LiveServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = ExitStack()
        try:
            cls.two = Two(Path(cls.stack.enter_context(tempfile.TemporaryDirectory())))
            cls.running_b = cls.stack.enter_context(ExitStack())
            cls.b = cls.running_b.enter_context(cls.two.running_b())
            cls.a = cls.stack.enter_context(cls.two.running_a())
            cls.until_listed()
        except BaseException:
            cls.stack.close()
            raise

    @classmethod
    def tearDownClass(cls) -> None:
        cls.stack.close()

    @classmethod
    def until_listed(cls) -> None:
        """Server a has seen what b has."""
        for _ in eventually():
            if "m-b" in cls.status()["models"]:
                return

    @classmethod
    def status(cls) -> dict[str, Any]:
        """How it is with b, as a tells."""
        status, _ = cls.a.ask("GET", "/api/peers").json()["peers"]
        assert isinstance(status, dict) and status["id"] == "b"
        return status

    def seen(self) -> dict[str, Any]:
        """What the far model has seen."""
        answer = self.a.ask("GET", "/upstream/b/m-b/upstream/m-b/seen").json()
        assert isinstance(answer, dict)
        return answer

    def test_a_request(self) -> None:
        """By both names; the far model hears of the way, and of no key."""
        for name in ("b/m-b", "m-b"):
            answer = self.a.ask("POST", CHAT, {"model": name, "x": 1})
            self.assertEqual((answer.status, answer.json()["name"]), (200, "b"), answer.body)
            self.assertEqual(answer.json()["body"], '{"model": "m-b", "x": 1}')
            headers = {key.lower(): value for key, value in answer.json()["headers"]}
            self.assertIn("1.1 llamaswap-", headers["via"])
            self.assertNotIn(KEY, str(headers))

    def test_a_stream_and_a_hang_up(self) -> None:
        """Events come as they are made, long before the end; the far model sees that the client has gone."""
        before = self.seen()["hangups"]
        with self.a.asking("POST", CHAT, {"model": "b/m-b", "stream": True, "n": 10000, "ms": 20}) as response:
            self.assertEqual(response.getheader("X-Accel-Buffering"), "no")
            for number in range(1, 4):
                self.assertIn(b'{"i": %d' % number, response.readline())
                response.readline()
        for _ in eventually():
            if self.seen()["hangups"] == before + 1:
                return

    def test_a_websocket(self) -> None:
        """Goes through both servers, in both directions."""
        with socket.create_connection(("127.0.0.1", self.a.port), 20) as client:
            client.sendall(
                b"GET /upstream/b/m-b/upstream/m-b/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            self.assertTrue(until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 101"))
            client.sendall(b"\x81\x84\0\0\0\0ping")
            self.assertEqual(until(client, b"ping"), b"\x81\x04ping")

    def test_errors(self) -> None:
        """Statuses pass, and a model that nobody has is not asked for."""
        self.assertEqual(self.a.ask("GET", "/upstream/b/m-b/upstream/m-b/status?code=418").status, 418)
        self.assertEqual(self.a.ask("POST", CHAT, {"model": "b/nobody"}).status, 404)

    def test_w21_a_model_that_dies(self) -> None:
        """An answer that breaks off over there breaks off here."""
        pid = self.a.ask("POST", CHAT, {"model": "m-b"}).json()["pid"]
        with self.a.asking("POST", CHAT, {"model": "m-b", "stream": True, "n": 10000, "ms": 20}) as response:
            response.readline()
            os.kill(pid, signal.SIGKILL)
            try:
                response.read()
            except (HTTPException, ConnectionResetError):
                return
        self.fail("the answer looks complete")

    def test_a_stranger_is_not_believed(self) -> None:
        """Nothing is sent to a server whose certificate another authority vouches for, and the reason is told."""
        answer = self.a.ask("POST", CHAT, {"model": "doubted/secret"})
        self.assertEqual(answer.status, 502)
        self.assertIn("the TLS handshake failed: certificate verify failed", answer.json()["error"]["message"])

    def test_a_circle(self) -> None:
        """What each sends to the other is refused when it comes back."""
        answer = self.a.ask("POST", CHAT, {"model": "b/ghost"})
        self.assertEqual((answer.status, answer.json()["error"]["code"]), (508, "loop_detected"))

    def test_lists_do_not_grow(self) -> None:
        """However often they look at each other."""
        looked = set()
        for _ in eventually():
            status = self.status()
            looked.add(status["refreshed"])
            if len(looked) == 4:
                break
        self.assertEqual((status["state"], status["models"]), ("up", ["ghost", "m-b"]))
        self.assertEqual(status["proxy"], f"https://localhost:{self.two.ports['b']}")
        headers = {"Authorization": f"Bearer {KEY}"}
        with self.b.asking("GET", "/api/peers", headers=headers) as response:
            self.assertIn(b'"models":["ghost","m-a"]', response.read())

    def test_down_and_back(self) -> None:
        """502 and the reason meanwhile, also in the state that is shown; then everything works again."""
        self.assertEqual(self.a.ask("POST", CHAT, {"model": "m-b"}).status, 200)
        type(self).running_b.close()
        down = self.a.ask("POST", CHAT, {"model": "m-b"})
        self.assertEqual(down.status, 502)
        self.assertIn("cannot connect to https://localhost", down.json()["error"]["message"])
        self.assertEqual((self.status()["state"], self.status()["models"]), ("down", ["ghost", "m-b"]))
        type(self).b = type(self).running_b.enter_context(self.two.running_b())
        answer = self.a.ask("POST", CHAT, {"model": "m-b"})
        self.assertEqual((answer.status, answer.json()["name"]), (200, "b"))
        self.assertEqual(self.status()["state"], "up")


def until(client: socket.socket, end: bytes) -> bytes:
    """What comes, to where it ends so."""
    data = b""
    while not data.endswith(end):
        piece = client.recv(4096)
        assert piece, data
        data += piece
    return data
