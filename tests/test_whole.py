"""The whole server with real processes and real sockets: what only shows when nothing is a fake."""

from __future__ import annotations

import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"


def command(name: str, *options: str) -> str:
    """A model's `cmd`."""
    return " ".join((sys.executable, "-I", "-S", fake_upstream.__file__, "--port ${PORT}", f"--name {name}", *options))


def configuration(**models: str) -> str:
    """One model at a time, each with its command."""
    lines = [f"  {name}: {{cmd: '{cmd}'}}" for name, cmd in models.items()]
    return "\n".join([f"startPort: {free_ports(len(models))}", "models:", *lines, ""])


class WholeTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)

    def server(self, **models: str) -> LiveServer:
        return LiveServer.of(configuration(**models), self.folder)


class SwapTests(WholeTestCase):
    def test_a_burst_for_a_cold_model_is_answered_with_one_load(self) -> None:
        """200 requests at once: 200 answers, all from one process (the original refuses from the eleventh on)."""
        with self.server(a=command("a", "--health-delay 0.3")) as server:
            with ThreadPoolExecutor(200) as pool:
                answers = list(pool.map(lambda _: server.ask("POST", CHAT, {"model": "a"}), range(200)))
            self.assertEqual({answer.status for answer in answers}, {200})
            self.assertEqual(len({answer.json()["pid"] for answer in answers}), 1)

    def test_s46_a_model_is_never_stopped_while_it_serves(self) -> None:
        """A request for b waits until both answers of a are complete."""
        with self.server(a=command("a"), b=command("b")) as server, ThreadPoolExecutor(3) as pool:
            slow = {"model": "a", "stream": True, "n": 10, "ms": 50}
            running = [pool.submit(server.ask, "POST", CHAT, slow) for _ in range(2)]
            for _ in eventually():
                if server.ask("GET", "/running").json()["running"]:
                    break
            other = server.ask("POST", CHAT, {"model": "b"})
            self.assertEqual(other.json()["name"], "b")
            for answer in running:
                self.assertTrue(answer.result().body.endswith(b"data: [DONE]\n\n"))


class HangUpTests(WholeTestCase):
    def test_a_hang_up_behind_a_message_that_waits_is_noticed(self) -> None:
        """While a second message waits nothing is read; the end of the connection counts all the same.

        Unnoticed it would keep the model for a minute, and the second model's request would run out of patience.
        """
        with self.server(a=command("a"), b=command("b")) as server:
            server.ask("POST", CHAT, {"model": "a"})
            body = b'{"model": "a", "ms": 60000}'
            head = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            with socket.create_connection(("127.0.0.1", server.port), 20) as client:
                client.sendall(head % (CHAT.encode(), len(body)) + body)
                client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(server.ask("POST", CHAT, {"model": "b"}).json()["name"], "b")


class WebSocketTests(WholeTestCase):
    def test_s38_a_websocket_loads_its_model_and_holds_it(self) -> None:
        """The tunnel works both ways; while it is open a conflicting model's request waits."""
        with self.server(a=command("a"), b=command("b")) as server, ThreadPoolExecutor(1) as pool:
            with self.knock(server) as client:
                head = self.until(client, b"\r\n\r\n")
                self.assertTrue(head.startswith(b"HTTP/1.1 101"), head)
                self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head)
                waiting = pool.submit(server.ask, "POST", CHAT, {"model": "b"})
                client.sendall(b"\x81\x84\0\0\0\0ping")
                self.assertEqual(self.until(client, b"ping"), b"\x81\x04ping")
                self.assertFalse(waiting.done())
            self.assertEqual(waiting.result(20).json()["name"], "b")

    def test_s29_and_s39_one_that_does_not_count(self) -> None:
        """It starts nothing and holds nothing: another model takes the place at once, and the socket drops; so it does
        at the end of the idle time."""
        text = (
            configuration(a=command("a"), b=command("b"))
            .replace("{cmd", "{ttl: 1, cmd")
            .replace(" --name a'", " --name a', compat: {ignoreWebsockets: true}")
        )
        with LiveServer.of(text, self.folder) as server:
            with self.knock(server) as client:
                self.assertIn(b"HTTP/1.1 409", client.recv(4096))
            for ask in (lambda: server.ask("POST", CHAT, {"model": "b"}).status, lambda: 200):
                server.ask("POST", CHAT, {"model": "a"})
                with self.knock(server) as client:
                    self.assertTrue(self.until(client, b"\r\n\r\n").startswith(b"HTTP/1.1 101"))
                    self.assertEqual(ask(), 200)
                    self.assertEqual(client.recv(4096), b"")

    def knock(self, server: LiveServer) -> socket.socket:
        """A client that has asked for a WebSocket to the model a."""
        client = socket.create_connection(("127.0.0.1", server.port), 20)
        client.sendall(
            b"GET /upstream/a/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        return client

    def until(self, client: socket.socket, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            piece = client.recv(4096)
            self.assertTrue(piece, data)
            data += piece
        return data


class CrashTests(WholeTestCase):
    def test_w24_a_restart_after_a_kill_finds_every_orphan_and_touches_nobody_else(self) -> None:
        """A wrapper's grandchild and one in a session of its own are gone; a second server's model lives on."""
        orphans = command("a", "--descendant plain", "--descendant session", f"--pid-dir {self.folder}")
        with self.server(a=orphans) as first, self.server(b=command("b")) as second:
            first.ask("POST", CHAT, {"model": "a"})
            bystander = second.ask("POST", CHAT, {"model": "b"}).json()["pid"]
            left = [self.pid(f"a{kind}.pid") for kind in ("", ".plain", ".session")]
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            self.assertTrue(psutil.pid_exists(left[2]))
            with self.server(a=command("a")) as third:
                self.assertEqual(third.ask("POST", CHAT, {"model": "a"}).status, 200)
                self.assertEqual([pid for pid in left if alive(pid)], [])
                self.assertIn("left running by a server that is gone", third.output())
            self.assertEqual(second.ask("POST", CHAT, {"model": "b"}).json()["pid"], bystander)

    def pid(self, name: str) -> int:
        for _ in eventually():
            if (self.folder / name).exists():
                return int((self.folder / name).read_text())
        raise AssertionError(name)


def alive(pid: int) -> bool:
    """The process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
