"""A running server takes a new configuration: real processes, real files, real signals (W-15, W-17, S-98, S-99)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"
STREAM = {"stream": True, "n": 8, "ms": 15}
EDITS = 20


def command(name: str) -> str:
    """A model's `cmd`."""
    return " ".join((sys.executable, "-I", "-S", fake_upstream.__file__, "--port ${PORT}", f"--name {name}"))


class ReloadTestCase(SynchronousTestCase):
    """A server whose three models may run together."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.start_port = free_ports(8)

    def configuration(self, more: str = "", **models: str) -> str:
        lines = [f"  {name}: {{cmd: '{command(shown)}'}}" for name, shown in models.items()]
        members = ", ".join(models)
        together = f"groups: {{all: {{swap: false, members: [{members}]}}}}"
        return "\n".join([f"startPort: {self.start_port}", "models:", *lines, together, more, ""])

    def write(self, text: str) -> None:
        """Replace the configuration as editors do: a new file takes the old one's name."""
        new = self.folder / "config.yaml.new"
        new.write_text(text)
        os.replace(new, self.folder / "config.yaml")

    def server(self, text: str, *options: str) -> LiveServer:
        self.write(text)
        return LiveServer("--config", str(self.folder / "config.yaml"), *options, folder=self.folder)

    def name_of(self, server: LiveServer, model: str) -> str:
        """What the process behind `model` is called."""
        return str(server.ask("POST", CHAT, {"model": model}).json()["name"])

    def pid_of(self, server: LiveServer, model: str) -> int:
        return int(server.ask("POST", CHAT, {"model": model}).json()["pid"])

    def until_said(self, server: LiveServer, words: str) -> None:
        for _ in eventually():
            if words in server.output():
                return


class Traffic:
    """Requests one after the other, each on a connection of its own, until it is told to end."""

    def __init__(self, pool: ThreadPoolExecutor, ask: Callable[[], bool]) -> None:
        self._over = threading.Event()
        self._ask = ask
        self._running: Future[list[bool]] = pool.submit(self._run)

    def _run(self) -> list[bool]:
        answers = []
        while not self._over.is_set():
            answers.append(self._ask())
        return answers

    def end(self) -> list[bool]:
        """Whether each was answered as it should be."""
        self._over.set()
        return self._running.result(30)


class UnderLoadTests(ReloadTestCase):
    """Edits while the models are busy."""

    def test_w15_twenty_edits_in_quick_succession(self) -> None:
        """Streams of unchanged models go on, with the same processes; the edited one never runs twice."""
        text = self.configuration(one="one", two="two", third="third0")
        with self.server(text, "--watch-config") as server, ThreadPoolExecutor(8) as pool:
            pids = {model: self.pid_of(server, model) for model in ("one", "two")}
            traffic = [Traffic(pool, lambda model=model: self.streams(server, model)) for model in pids]  # type: ignore[misc]
            traffic.append(Traffic(pool, lambda: server.ask("POST", CHAT, {"model": "third"}).status == 200))
            watching = Traffic(pool, lambda: self.runs_once(server, "third"))
            for edit in range(1, EDITS + 1):
                self.write(self.configuration(one="one", two="two", third=f"third{edit}"))
                if edit % 2:
                    server.process.send_signal(signal.SIGHUP)
                else:
                    self.assertEqual(server.ask("POST", "/api/config/reload").status, 200)
            for _ in eventually():
                if self.name_of(server, "third") == f"third{EDITS}":
                    break
            answers = [each.end() for each in traffic]
            self.assertTrue(all(watching.end()), "two processes of one model")
            self.assertTrue(all(map(all, answers)), answers)
            self.assertTrue(all(len(each) > 3 for each in answers), answers)
            self.assertEqual({model: self.pid_of(server, model) for model in pids}, pids)

    def streams(self, server: LiveServer, model: str) -> bool:
        answer = server.ask("POST", CHAT, {"model": model, **STREAM})
        return answer.status == 200 and answer.body.endswith(b"data: [DONE]\n\n")

    def runs_once(self, server: LiveServer, name: str) -> bool:
        """At most one process carries the name."""
        commands = [child.cmdline() for child in server.children() if child.is_running()]
        return sum(any(word.startswith(name) for word in words) for words in commands) <= 1
