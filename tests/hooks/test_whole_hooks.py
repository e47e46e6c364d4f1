"""Preload, the idle model and hooks in the whole server, with real processes."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"


class WholeHooksTestCase(SynchronousTestCase):
    """Models a and b, one at a time."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.port = free_ports(2)

    def text(self, hooks: object, **more: Any) -> str:
        """A configuration, as JSON, which is YAML."""
        command = f"{sys.executable} -I -S {fake_upstream.__file__} --port ${{PORT}} --name"
        models = {name: {"cmd": f"{command} {name}"} for name in "ab"}
        return json.dumps({"startPort": self.port, "models": models, "hooks": hooks, **more})

    def server(self, hooks: object, **more: Any) -> LiveServer:
        return LiveServer.of(self.text(hooks, **more), self.folder)

    def until_ready(self, server: LiveServer, *models: str) -> None:
        for _ in eventually():
            running = server.ask("GET", "/running").json()["running"]
            if sorted((each["model"], each["state"]) for each in running) == [(name, "ready") for name in models]:
                return

    def until_said(self, server: LiveServer, words: str) -> str:
        """The log, once it holds `words`."""
        for _ in eventually():
            if words in server.output():
                break
        return server.output()


class PreloadTests(WholeHooksTestCase):
    """Models that nobody asks for."""

    def test_s97_one_after_the_other(self) -> None:
        """[a, b] in one swap group: a is loaded, then b, which remains."""
        with self.server({"on_startup": {"preload": ["a", "b"]}}) as server:
            said = self.until_said(server, "preload: b is ready")
            self.assertLess(said.index("preload: a is ready"), said.index("preload: b is ready"))
            self.until_ready(server, "b")

    def test_w36_together(self) -> None:
        """Both at once where they may; a reload of something else does not load what was unloaded."""
        together = {"groups": {"g": {"swap": False, "members": ["a", "b"]}}}
        hooks = {"on_startup": {"preload": ["a", "b"]}}
        with self.server(hooks, **together) as server:
            self.until_ready(server, "a", "b")
            server.ask("POST", "/api/models/unload/a")
            (self.folder / "config.yaml").write_text(self.text(hooks, **together, queueSize=5))
            self.assertEqual(server.ask("POST", "/api/config/reload").status, 200)
            self.assertEqual(server.output().count("preload: "), 2)
            self.until_ready(server, "b")

    def test_the_end_of_the_server_does_not_wait_for_a_load(self) -> None:
        """It is given up."""
        with self.server({"on_startup": {"preload": ["a"]}, "before_load": {"command": "sleep 60"}}) as server:
            self.until_said(server, "loading a")
            self.assertEqual(server.stop(patience=5), 0)

    def test_the_idle_model(self) -> None:
        """It takes the place of what nobody uses any more."""
        with self.server({"idle_model": {"model": "b", "after": 1}}) as server:
            self.assertEqual(server.ask("POST", CHAT, {"model": "a"}).status, 200)
            self.until_ready(server, "b")
            self.assertIn("nothing was asked for in 1 s: loading b", server.output())


class Receiver(HTTPServer):
    """Receives webhooks in a thread."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiving)
        self.heard: list[tuple[str, str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Receiving(BaseHTTPRequestHandler):
    """One of them."""

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Receiver)
        self.server.heard.append((told["event"], told["model"], told["reason"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return None


class HookTests(WholeHooksTestCase):
    """The turns of a model's life."""

    def test_a_swap(self) -> None:
        """Everybody is told of everything, in order."""
        receiver = Receiver()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        url = f"http://127.0.0.1:{receiver.server_port}/"
        log = self.folder / "log"
        script = f"echo $LLAMASWAP_EVENT $LLAMASWAP_MODEL $LLAMASWAP_REASON >> {log}"
        hooks = [{"command": shlex.join(["sh", "-c", script])}, {"webhook": url}]
        moments = ("before_load", "after_load", "before_unload", "after_unload")
        with self.server(dict.fromkeys(moments, hooks)) as server:
            for model in "ab":
                self.assertEqual(server.ask("POST", CHAT, {"model": model}).status, 200)
        wanted = [
            ("before_load", "a", "load"),
            ("after_load", "a", "load"),
            ("before_unload", "a", "evict"),
            ("after_unload", "a", "evict"),
            ("before_load", "b", "load"),
            ("after_load", "b", "load"),
        ]
        self.assertEqual([tuple(line.split()) for line in log.read_text().splitlines()][:6], wanted)
        self.assertEqual(receiver.heard[:6], wanted)

    def noting(self, *moments: str) -> tuple[dict[str, Any], Path]:
        """Hooks that note every one of these moments, and the file in which they do."""
        log = self.folder / "log"
        script = f"echo $LLAMASWAP_EVENT $LLAMASWAP_MODEL $LLAMASWAP_STATE $LLAMASWAP_REASON >> {log}"
        return {moment: {"command": shlex.join(["sh", "-c", script])} for moment in moments}, log

    def test_a_model_that_is_killed(self) -> None:
        """It is seen off with the word for it, and is loaded again for the next request."""
        hooks, log = self.noting("after_load", "before_unload", "after_unload")
        with self.server(hooks) as server:
            self.assertEqual(server.ask("POST", CHAT, {"model": "a"}).status, 200)
            (child,) = server.children()
            child.kill()
            for _ in eventually():
                if "after_unload" in log.read_text():
                    break
            self.assertEqual(log.read_text().splitlines(), ["after_load a ready load", "after_unload a stopped crash"])
            self.assertEqual(server.ask("POST", CHAT, {"model": "a"}).status, 200)
        self.assertEqual(log.read_text().splitlines()[2], "after_load a ready load")

    def test_the_end_of_the_server(self) -> None:
        """Leave is taken of every model that is ready, and each is seen off, before the server has ended."""
        hooks, log = self.noting("before_unload", "after_unload")
        with self.server(hooks, groups={"g": {"swap": False, "members": ["a", "b"]}}) as server:
            for model in "ab":
                self.assertEqual(server.ask("POST", CHAT, {"model": model}).status, 200)
            self.assertEqual(server.stop(), 0)
            said = log.read_text().splitlines()
        for model in "ab":
            lines = [line for line in said if line.split()[1] == model]
            self.assertEqual(lines, [f"before_unload {model} ready shutdown", f"after_unload {model} stopped shutdown"])

    def test_a_required_hook(self) -> None:
        """The request learns why the model was not loaded; what the hook said is in the model's log."""
        command = shlex.join(["sh", "-c", "echo not today; exit 1"])
        with self.server({"before_load": {"command": command, "required": True, "models": ["a"]}}) as server:
            answer = server.ask("POST", CHAT, {"model": "a"})
            self.assertEqual(answer.status, 500)
            self.assertIn(b"hooks.before_load[0] (command sh) failed: exit code 1", answer.body)
            with server.asking("GET", "/logs/stream/a") as following:
                self.assertEqual(following.readline(), b"not today\n")
            self.assertEqual(server.ask("POST", CHAT, {"model": "b"}).status, 200)

    def test_a_forced_exit(self) -> None:
        """No command of a hook outlives the server, however deaf."""
        inner = shlex.join(["sh", "-c", "trap '' TERM; sleep 1000"])
        script = f"trap '' TERM; {inner} & touch {self.folder}/there; wait"
        hooks = {"on_startup": {"preload": ["a"]}, "before_load": {"command": shlex.join(["sh", "-c", script])}}
        with self.server(hooks) as server:
            for _ in eventually():
                if (self.folder / "there").exists() and len(children := server.children()) == 3:
                    break
            server.process.send_signal(signal.SIGTERM)
            self.until_said(server, "SIGTERM: stopping")
            self.assertEqual(server.stop(patience=1.5), 1)
            for _ in eventually():
                if not any(child.is_running() for child in children):
                    break
