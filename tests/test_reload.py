"""Other settings for a running server, with real processes and real sockets (lifecycle section 12, W-15, S-99)."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import eventually
from tests.support.ports import free_ports
from tests.support.reloading import ReloadingServer

CHAT = "/v1/chat/completions"


class ReloadCase(SynchronousTestCase):
    """Models that run side by side, each a process of its own."""

    def setUp(self) -> None:
        self.port = free_ports(4)

    def configuration(self, *more: str, **names: str) -> str:
        """One model for each of `names`, which says that name; `more` lines on the top level."""
        command = f"{sys.executable} -I -S {fake_upstream.__file__} --port ${{PORT}} --name"
        models = [f"  {model}: {{cmd: '{command} {name}'}}" for model, name in names.items()]
        group = f"groups: {{all: {{swap: false, exclusive: false, members: [{', '.join(names)}]}}}}"
        return "\n".join([f"startPort: {self.port}", *more, group, "models:", *models, ""])

    def server(self, *more: str, **names: str) -> ReloadingServer:
        return ReloadingServer(self.configuration(*more, **names), folder_for(self))

    def ask(self, server: ReloadingServer, model: str) -> tuple[str, int]:
        """Name and pid of the process that answers for `model`."""
        answer = server.ask("POST", CHAT, {"model": model})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["name"], answer.json()["pid"]

    def stream(self, server: ReloadingServer, model: str, chunks: int = 20) -> None:
        """A stream of `model` is complete."""
        answer = server.ask("POST", CHAT, {"model": model, "stream": True, "n": chunks, "ms": 10})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.body.count(b'"i"'), chunks)
        self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"), answer.body[-100:])


class Crowd:
    """Threads that do the same thing over and over until they are told to stop; none may fail."""

    def __init__(self, *work: Callable[[], object]) -> None:
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(len(work))
        self._running = [self._pool.submit(self._repeat, each) for each in work]

    def _repeat(self, work: Callable[[], object]) -> int:
        times = 0
        while not self._over.is_set():
            work()
            times += 1
        return times

    def stop(self) -> list[int]:
        """How often each did it; raises what went wrong."""
        self._over.set()
        try:
            return [running.result(20) for running in self._running]
        finally:
            self._pool.shutdown()


class DifferenceTests(ReloadCase):
    def test_twenty_edits_of_one_model_beside_two_that_stream(self) -> None:
        """No request fails, two keep their process, the third never has two, and its old ones are gone."""
        with self.server(a="a", b="b", c="c0") as server:
            before = [self.ask(server, model) for model in "ab"]
            seen: set[tuple[str, int]] = set()
            most: list[int] = []
            crowd = Crowd(
                lambda: self.stream(server, "a"),
                lambda: self.stream(server, "b"),
                lambda: [self.ask(server, model) for model in "ab"],
                lambda: seen.add(self.ask(server, "c")),
                lambda: self.stream(server, "c", 5),
                lambda: most.append(len(processes(server, "c"))),
            )
            try:
                for number in range(1, 21):
                    said = server.reload(self.configuration(a="a", b="b", c=f"c{number}"))
                    self.assertEqual(said, "changed c")
                    time.sleep(0.05 * (number % 3))
                for _ in eventually():
                    if any(name == "c20" for name, _ in seen):
                        break
            finally:
                times = crowd.stop()
            self.assertTrue(all(times), times)
            self.assertEqual([self.ask(server, model) for model in "ab"], before)
            name, last = self.ask(server, "c")
            self.assertEqual(name, "c20")
            self.assertEqual(max(most), 1)
            self.assertEqual([pid for _, pid in seen if psutil.pid_exists(pid) and pid != last], [])
            self.assertEqual(len(processes(server, "c")), 1)

    def test_a_model_that_is_removed_finishes_what_it_serves(self) -> None:
        """Its stream is complete; who asks for it is told that it is gone; another starts when its process is too."""
        with self.server(a="a", b="b") as server, ThreadPoolExecutor(2) as pool:
            _, pid = self.ask(server, "b")
            streaming = pool.submit(self.stream, server, "b", 100)
            for _ in eventually():
                if server.ask("GET", "/upstream/b/seen").json()["requests"].count(CHAT) == 2:
                    break
            self.assertEqual(server.reload(self.configuration(a="a")), "removed b")
            self.assertEqual(self.running(server), ["b"])
            self.assertEqual(server.ask("POST", CHAT, {"model": "b"}).status, 404)
            waiting = pool.submit(lambda: (self.ask(server, "a"), psutil.pid_exists(pid)))
            streaming.result(20)
            self.assertEqual(waiting.result(20)[1], False)
            self.assertEqual(self.running(server), ["a"])

    def test_a_model_that_is_started_differently_finishes_what_it_serves(self) -> None:
        """Until then it is shown as what it runs; whoever wants it loaded gets the new one, and so do its requests."""
        with self.server(a="a0") as server, ThreadPoolExecutor(3) as pool:
            _, pid = self.ask(server, "a")
            streaming = pool.submit(self.stream, server, "a", 100)
            for _ in eventually():
                if server.ask("GET", "/upstream/a/seen").json()["requests"].count(CHAT) == 2:
                    break
            self.assertEqual(server.reload(self.configuration(a="a1")), "changed a")
            [shown] = server.ask("GET", "/running").json()["running"]
            self.assertEqual((shown["state"], shown["cmd"].split()[-1]), ("ready", "a0"))
            self.assertEqual(server.ask("GET", "/upstream/a/x.css").status, 409)
            loading = pool.submit(server.ask, "POST", "/api/models/load/a")
            waiting = pool.submit(self.ask, server, "a")
            streaming.result(20)
            self.assertEqual(loading.result(20).status, 200)
            name, new = waiting.result(20)
            self.assertEqual((name, new == pid, psutil.pid_exists(pid)), ("a1", False, False))

    def running(self, server: ReloadingServer) -> list[str]:
        return [shown["model"] for shown in server.ask("GET", "/running").json()["running"]]

    def test_what_needs_no_process_takes_effect_at_once(self) -> None:
        """Keys and names change under a model that runs on."""
        with self.server(a="a") as server:
            before = self.ask(server, "a")
            said = server.reload(self.configuration("apiKeys: [secret]", a="a"))
            self.assertEqual(said, "no model restarts")
            self.assertEqual(server.ask("POST", CHAT, {"model": "a"}).status, 401)
            server.reload(self.configuration(a="a").replace("{cmd", "{aliases: [x], ttl: 99, cmd"))
            self.assertEqual(self.ask(server, "x"), before)
            self.assertEqual(server.ask("GET", "/running").json()["running"][0]["ttl"], 99)


def processes(server: ReloadingServer, model: str) -> list[psutil.Process]:
    """Those that say a name of `model`'s, dead ones that were not reaped yet left out."""
    found = []
    for child in server.children():
        try:
            words = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "--name" in words and words[words.index("--name") + 1].startswith(model):
            found.append(child)
    return found
