"""A running server takes a new configuration: real processes, real files, real signals (W-15, W-17, S-98, S-99)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import Answer, Live, LiveServer, eventually
from tests.support.ports import free_ports

CHAT = "/v1/chat/completions"
STREAM = {"stream": True, "n": 8, "ms": 15}
EDITS = 20
ENOUGH = 5
"""Answers of each kind that the test wants to see."""


def command(name: str) -> str:
    """A model's `cmd`."""
    return " ".join((sys.executable, "-I", "-S", fake_upstream.__file__, "--port ${PORT}", f"--name {name}"))


def command_line(process: psutil.Process) -> list[str]:
    """Its words; none when it is gone."""
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


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

    def reload(self, server: Live, text: str) -> Answer:
        """Write the configuration, and have it read."""
        self.write(text)
        return server.ask("POST", "/api/config/reload")

    def until_said(self, server: Live, words: str) -> None:
        for _ in eventually():
            if words in server.output():
                return


class Traffic:
    """Requests one after the other, each on a connection of its own, until it is told to end."""

    def __init__(self, pool: ThreadPoolExecutor, ask: Callable[[], bool]) -> None:
        self.answers: list[bool] = []
        """Whether each was answered as it should be."""
        self._over = threading.Event()
        self._ask = ask
        self._running: Future[None] = pool.submit(self._run)

    def _run(self) -> None:
        while not self._over.is_set():
            self.answers.append(self._ask())

    def end(self) -> bool:
        """Whether all were answered as they should be."""
        self._over.set()
        self._running.result(30)
        return all(self.answers)


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
                edited = self.name_of(server, "third") == f"third{EDITS}"
                if edited and all(len(each.answers) > ENOUGH for each in traffic):
                    break
            self.assertTrue(watching.end(), "two processes of one model")
            self.assertEqual([each.end() for each in traffic], [True] * 3)
            self.assertEqual({model: self.pid_of(server, model) for model in pids}, pids)

    def streams(self, server: LiveServer, model: str) -> bool:
        answer = server.ask("POST", CHAT, {"model": model, **STREAM})
        return answer.status == 200 and answer.body.endswith(b"data: [DONE]\n\n")

    def runs_once(self, server: LiveServer, name: str) -> bool:
        """At most one process carries the name."""
        return sum(any(word.startswith(name) for word in words) for words in map(command_line, server.children())) <= 1


class DifferenceTests(ReloadTestCase):
    """What an edit does to models that run."""

    def test_s98_a_wrong_file_changes_nothing(self) -> None:
        """SIGHUP: the log tells every problem with its place, and the models run on; so does the endpoint."""
        with self.server(self.configuration(one="one")) as server:
            pid = self.pid_of(server, "one")
            self.write("startPort: 0\nmodels: {one: {ttl: x}}\n")
            server.process.send_signal(signal.SIGHUP)
            self.until_said(server, "config.yaml:1:12: startPort: startPort must be >= 1")
            self.until_said(server, "config.yaml:2:21: models.one.ttl: string `x`")
            answer = server.ask("POST", "/api/config/reload")
            self.assertEqual((answer.status, [error["line"] for error in answer.json()["errors"]]), (422, [1, 2, 2]))
            self.assertEqual(self.pid_of(server, "one"), pid)
            self.assertEqual(self.reload(server, self.configuration(one="one", two="two")).json()["added"], ["two"])
            self.assertEqual(self.pid_of(server, "one"), pid)

    def test_s99_a_good_file_takes_the_place_of_the_old_one(self) -> None:
        """Removed models go, new ones are there, and what has not changed is the same process on the same port."""
        with self.server(self.configuration(m="m", z="z")) as server:
            kept, gone = self.pid_of(server, "z"), psutil.Process(self.pid_of(server, "m"))
            self.write(self.configuration(a="a", z="z"))
            server.process.send_signal(signal.SIGHUP)
            for _ in eventually():
                if not gone.is_running():
                    break
            self.assertEqual(server.ask("POST", CHAT, {"model": "m"}).status, 404)
            self.assertEqual(self.name_of(server, "a"), "a")
            self.assertEqual(self.pid_of(server, "z"), kept)

    def test_what_needs_no_restart(self) -> None:
        """Aliases, keys and limits of the same process, at once."""
        with self.server(self.configuration(one="one")) as server:
            pid = self.pid_of(server, "one")
            text = self.configuration(one="one").replace("{cmd", "{aliases: [uno], ttl: 900, cmd")
            answer = self.reload(server, text).json()
            self.assertEqual((answer["added"], answer["removed"], answer["changed"]), ([], [], []))
            self.assertEqual(self.pid_of(server, "uno"), pid)
            self.assertEqual(server.ask("GET", "/running").json()["running"][0]["ttl"], 900)
            self.assertEqual(self.reload(server, text + "apiKeys: [secret]\n").status, 200)
            self.assertEqual(server.ask("POST", CHAT, {"model": "one"}).status, 401)

    def test_a_running_answer_of_a_changed_model_is_completed(self) -> None:
        """By the old process; the next request, which waits for it, by the new one."""
        with self.server(self.configuration(one="old")) as server, ThreadPoolExecutor(2) as pool:
            old = self.pid_of(server, "one")
            with server.asking("POST", CHAT, {"model": "one", "stream": True, "n": 60, "ms": 30}) as running:
                self.assertEqual(self.reload(server, self.configuration(one="new")).json()["changed"], ["one"])
                waiting = pool.submit(server.ask, "POST", CHAT, {"model": "one"})
                self.assertTrue(psutil.pid_exists(old))
                self.assertTrue(running.read().endswith(b"data: [DONE]\n\n"))
            self.assertEqual(waiting.result(30).json()["name"], "new")

    def test_a_changed_model_that_still_serves_is_of_no_use_to_others(self) -> None:
        """It is shown as what it runs; but loading it waits for the new process, and a page's assets load none."""
        with self.server(self.configuration(one="old")) as server, ThreadPoolExecutor(2) as pool:
            self.pid_of(server, "one")
            with server.asking("POST", CHAT, {"model": "one", "stream": True, "n": 60, "ms": 30}) as running:
                self.reload(server, self.configuration(one="new"))
                [shown] = server.ask("GET", "/running").json()["running"]
                self.assertEqual((shown["state"], shown["cmd"].split()[-1]), ("ready", "old"))
                self.assertEqual(server.ask("GET", "/upstream/one/x.css").status, 409)
                loading = pool.submit(server.ask, "POST", "/api/models/load/one")
                self.assertTrue(running.read().endswith(b"data: [DONE]\n\n"))
            self.assertEqual(loading.result(30).status, 200)
            [shown] = server.ask("GET", "/running").json()["running"]
            self.assertEqual((shown["state"], shown["cmd"].split()[-1]), ("ready", "new"))

    def test_a_removed_model_finishes_what_it_serves(self) -> None:
        """It is shown until it is gone; who asks for it is told so at once; what it could run beside starts."""
        with self.server(self.configuration(one="one", two="two")) as server:
            old = self.pid_of(server, "two")
            with server.asking("POST", CHAT, {"model": "two", "stream": True, "n": 60, "ms": 30}) as running:
                self.assertEqual(self.reload(server, self.configuration(one="one")).json()["removed"], ["two"])
                self.assertEqual([each["model"] for each in server.ask("GET", "/running").json()["running"]], ["two"])
                self.assertEqual(server.ask("POST", CHAT, {"model": "two"}).status, 404)
                self.assertEqual(self.name_of(server, "one"), "one")
                self.assertTrue(psutil.pid_exists(old))
                self.assertTrue(running.read().endswith(b"data: [DONE]\n\n"))
            for _ in eventually():
                if not psutil.pid_exists(old):
                    break

    def test_streams_of_the_log_stay_open(self) -> None:
        """Whoever follows a model's log sees its new process as well."""
        with self.server(self.configuration(one="one")) as server:
            self.pid_of(server, "one")
            with server.asking("GET", "/logs/stream/proxy") as following:
                self.reload(server, self.configuration(one="two"))
                self.assertEqual(self.name_of(server, "one"), "two")
                for _ in eventually():
                    if b"changed one" in following.readline():
                        break

    def test_probe_141_events_go_on(self) -> None:
        """Who follows them is told what became of the models, on the same connection."""
        with (
            self.server(self.configuration(one="one")) as server,
            server.asking("GET", "/api/events") as following,
        ):
            self.reload(server, self.configuration(one="one", two="two"))
            for _ in eventually():
                line = following.readline()
                if b"modelStatus" in line and b"two" in line:
                    break

    def test_streams_of_the_log_end_with_the_keys_that_let_them_in(self) -> None:
        """Whoever follows has to ask anew when the keys change."""
        with self.server(self.configuration(one="one")) as server, server.asking("GET", "/logs/stream") as following:
            self.reload(server, self.configuration("apiKeys: [k1]", one="one"))
            self.assertIn(b"listening on", following.read())


class ConsoleScriptTests(ReloadTestCase):
    """`llama-swap` instead of `twist llamaswap`."""

    def test_level_of_the_log(self) -> None:
        """`logLevel` holds for stdout as well, from the next event on."""
        port = free_ports()
        self.write("logLevel: error\n")
        words = (sys.executable, "-c", "from llamaswap.cli import main; main()", "-config")
        argv = (*words, str(self.folder / "config.yaml"), "-listen", f"127.0.0.1:{port}")
        with Live(argv, port, env={**os.environ, "XDG_STATE_HOME": str(self.folder)}) as server:
            self.assertEqual(self.reload(server, "logLevel: debug\n").status, 200)
            self.assertEqual(self.reload(server, "logLevel: debug\nstartPort: 7\n").status, 200)
            self.until_said(server, "configuration applied: settings startPort")


class WatchTests(ReloadTestCase):
    """Files that change by themselves."""

    def test_a_file_in_a_directory(self) -> None:
        """`--config-dir --watch-config`: a new file brings a new model, a removed one takes it away again."""
        folder = self.folder / "models"
        folder.mkdir()
        (folder / "one.yaml").write_text(f"startPort: {self.start_port}\nmodels: {{one: {{cmd: '{command('one')}'}}}}")
        with LiveServer("--config-dir", str(folder), "--watch-config", folder=self.folder) as server:
            pid = self.pid_of(server, "one")
            (folder / "two.yml").write_text(f"models: {{two: {{cmd: '{command('two')}'}}}}")
            self.until_listed(server, ["one", "two"])
            (folder / "two.yml").unlink()
            self.until_listed(server, ["one"])
            self.assertEqual(self.pid_of(server, "one"), pid)

    def until_listed(self, server: LiveServer, names: list[str]) -> None:
        for _ in eventually():
            if [each["id"] for each in server.ask("GET", "/v1/models").json()["data"]] == names:
                return


class EditTests(ReloadTestCase):
    """`--allow-config-edit`: a text that somebody writes in the UI."""

    def test_edited(self) -> None:
        """A neighbour comes, the model that was not touched runs on, the old text lies beside the new one."""
        text = self.configuration("apiKeys: [k1]", one="one")
        with self.server(text, "--allow-config-edit") as server:
            headers = {"Authorization": "Bearer k1", "Origin": server.url, "X-Requested-With": "llama-swap-ui"}
            before = server.ask("POST", CHAT, {"model": "one"}, headers).json()["pid"]
            (file,) = server.ask("GET", "/api/config", headers=headers).json()["files"]
            new = self.configuration("apiKeys: [k1]", one="one", two="two")
            edit = {"text": new, "hash": file["hash"]}
            answer = server.ask("PUT", f"/api/config/files/{file['id']}", edit, headers)
            self.assertEqual((answer.status, answer.json()["changes"]["added"]), (200, ["two"]))
            after = [server.ask("POST", CHAT, {"model": name}, headers).json() for name in ("one", "two")]
            self.assertEqual((after[0]["pid"], after[1]["name"]), (before, "two"))
            self.assertIn("was written with the API key key-1", server.output())
        self.assertEqual((self.folder / "config.yaml").read_text(), new)
        self.assertEqual((self.folder / "config.yaml.bak").read_text(), text)
