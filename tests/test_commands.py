"""The commands as users run them: real processes on loopback, with the fake model server behind them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import PATIENCE, Live, LiveServer, eventually
from tests.support.ports import free_ports

TWIST = (sys.executable, "-m", "twisted", "llamaswap")
TWISTD = (sys.executable, "-c", "from twisted.scripts.twistd import run; run()")
LLAMA_SWAP = (sys.executable, "-c", "from llamaswap.cli import main; main()")


def configuration(*options: str, models: Sequence[str] = ("a", "b"), unload_timeout: int = 10) -> str:
    """Models on the fake server, each started with `options`."""
    server = f"{sys.executable} -I -S {fake_upstream.__file__}"
    entries = (f"  {name}: {{cmd: '{server} --port ${{PORT}} --name {name} {' '.join(options)}'}}" for name in models)
    head = f"startPort: {free_ports(len(models))}\nunloadTimeout: {unload_timeout}\n"
    return head + "models:\n" + "\n".join(entries) + "\n"


@contextmanager
def listening() -> Iterator[str]:
    """An address that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield f"127.0.0.1:{taken.getsockname()[1]}"


class Folder(SynchronousTestCase):
    """Tests with a folder of their own."""

    def setUp(self) -> None:
        self.folder = folder_for(self)

    def file(self, text: str) -> str:
        """A configuration file with this text."""
        path = self.folder / "config.yaml"
        path.write_text(text)
        return str(path)

    def gone(self, pids: Sequence[psutil.Process]) -> None:
        """Wait until none of these processes runs."""
        for _ in eventually():
            if not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in pids):
                return


class RefusalTests(Folder):
    """What cannot run says so and is gone, under every command."""

    def refused(self, program: Sequence[str], *words: str) -> str:
        """The line on stderr that the command ends with, status 1."""
        ended = subprocess.run(
            [*program, *words], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (1, "", 1), ended)
        return ended.stderr

    def everywhere(self, *words: str) -> set[str]:
        """The line that `twist`, `twistd -n` and a daemonising `twistd` end with."""
        daemon = ("--pidfile", str(self.folder / "pid"), "--logfile", str(self.folder / "log"), "llamaswap")
        lines = {self.refused(program, *words) for program in (TWIST, (*TWISTD, "-n", *daemon), (*TWISTD, *daemon))}
        self.assertFalse((self.folder / "pid").exists())
        return lines

    def test_s104_no_configuration(self) -> None:
        """S-104: no configuration: one line, status 1."""
        (line,) = self.everywhere()
        self.assertIn("--config FILE", line)

    def test_wrong_configuration(self) -> None:
        """A mistake in the file: one line with file, line and key, status 1."""
        (line,) = self.everywhere("--config", self.file("models:\n  m: {cmd: 's ${PORT}', ttl: -5}\n"))
        self.assertIn("config.yaml:2:", line)

    def test_s103_busy_port(self) -> None:
        """S-103: an address in use: one line, status 1, and no model was started."""
        with listening() as address:
            (line,) = self.everywhere("--config", self.file(configuration()), "--listen", address)
            self.assertEqual(line, f"llamaswap: cannot listen on {address}: Address already in use\n")

    def test_console_script(self) -> None:
        """S-103, S-104: the console script behaves alike."""
        self.assertIn("-config FILE", self.refused(LLAMA_SWAP))
        with listening() as address:
            line = self.refused(LLAMA_SWAP, "-config", self.file(configuration()), "-listen", address)
        self.assertIn("Address already in use", line)


class EndTests(Folder):
    """How a server ends that runs in the foreground."""

    def test_s101_running_request_finishes(self) -> None:
        """S-101: SIGTERM lets a running answer finish and refuses new connections; an open log stream delays nothing;
        then the model ends and the status is 0."""
        with LiveServer.of(configuration(), self.folder) as server, ThreadPoolExecutor() as threads:
            server.ask("GET", "/upstream/a/warm")
            children = server.children()
            with server.asking("GET", "/logs/stream") as stream:
                answer = threads.submit(server.ask, "GET", "/upstream/a/slow?n=10&ms=100")
                with server.asking("GET", "/upstream/a/slow?n=2&ms=1") as other:
                    other.read()
                server.process.send_signal(signal.SIGTERM)
                for _ in eventually():
                    try:
                        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
                    except OSError:
                        break
                self.assertIsNone(server.process.poll())
                stream.read()
            result = answer.result()
            self.assertEqual((result.status, result.body.count(b"\n")), (200, 10))
            self.assertEqual(server.process.wait(PATIENCE), 0)
            self.assertEqual(len(children), 1)
            self.gone(children)

    def test_waiting_requests_are_refused_at_once(self) -> None:
        """W-25: a request that waits for its model is answered with an error as soon as the server is told to end."""
        config = configuration("--health-delay", "60")
        with LiveServer.of(config, self.folder) as server, ThreadPoolExecutor() as threads:
            answer = threads.submit(server.ask, "GET", "/upstream/a/x")
            for _ in eventually():
                if server.children():
                    break
            self.assertEqual(server.stop(), 0)
            self.assertEqual(answer.result().status, 500)

    def test_second_signal_kills(self) -> None:
        """W-25: a second signal ends stubborn models and a running answer at once, status 1, no child."""
        config = configuration("--ignore-sigterm", "--descendant", "session")
        with LiveServer.of(config, self.folder) as server:
            with server.asking("GET", "/upstream/a/slow?n=600&ms=100") as answer:
                children = server.children()
                server.process.send_signal(signal.SIGTERM)
                for _ in eventually():
                    if "stopping" in server.output():
                        break
                self.assertEqual(server.stop(signal.SIGINT, patience=5), 1)
                self.assertRaises((HTTPException, OSError), answer.read)
            self.assertGreaterEqual(len(children), 2)
            self.gone(children)

    def test_console_script_serves(self) -> None:
        """`llama-swap` runs the same server and ends in the same way."""
        port = free_ports()
        words = ("-config", self.file(configuration()), "--listen", f"127.0.0.1:{port}")
        with Live((*LLAMA_SWAP, *words), port) as server:
            self.assertEqual(server.ask("GET", "/upstream/b/x").json()["name"], "b")
            self.assertEqual(server.stop(), 0)


class ReloadTests(Folder):
    """A configuration that is read again, in a server whose model runs."""

    def setUp(self) -> None:
        super().setUp()
        self.good = configuration()

    @contextmanager
    def serving(self, *options: str) -> Iterator[LiveServer]:
        """The server with its model `a` loaded; when the block is over, the same process of it still answers."""
        with LiveServer("--config", self.file(self.good), *options, folder=self.folder) as server:
            server.ask("GET", "/upstream/a/warm")
            children = server.children()
            yield server
            self.assertEqual(server.ask("GET", "/upstream/a/again").status, 200)
            self.assertEqual(server.children(), children)
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("Traceback", server.output())

    def until_said(self, server: Live, words: str, times: int = 1) -> None:
        """Wait until the server has printed this so many times."""
        for _ in eventually():
            if server.output().count(words) >= times:
                return

    def test_hangup_changes_nothing(self) -> None:
        """SIGHUP with the same file: read again, and no model is touched."""
        with self.serving() as server:
            server.process.send_signal(signal.SIGHUP)
            self.until_said(server, "it says what it said before")
            self.assertIn("SIGHUP: reading the configuration again", server.output())

    def test_s98_hangup_with_a_wrong_file(self) -> None:
        """S-98: the mistakes are told with their places, models and their pids stay; the next SIGHUP finds it good."""
        with self.serving() as server:
            path = self.file(self.good + "queueSize: many\nunloadTimeout: 1\n")
            server.process.send_signal(signal.SIGHUP)
            self.until_said(server, f"the configuration stays as it was: {path}:")
            self.file(self.good)
            server.process.send_signal(signal.SIGHUP)
            self.until_said(server, "it says what it said before")

    def test_watched(self) -> None:
        """`--watch-config`: a file that is changed is read, whether it is written in place or replaced, and told about;
        only what the file says in the end is tried."""
        with self.serving("--watch-config") as server:
            (self.folder / "other").write_text(self.good + "queueSize: many\n")
            (self.folder / "other").rename(self.folder / "config.yaml")
            self.until_said(server, "the configuration stays as it was: ")
            self.file(self.good)
            self.until_said(server, "it says what it said before")
            self.assertEqual(server.output().count("the files have changed: reading the configuration again"), 2)

    def test_watched_directory(self) -> None:
        """`--config-dir` alone is a configuration, and new files in it are noticed."""
        directory = self.folder / "conf.d"
        directory.mkdir()
        (directory / "a.yaml").write_text(self.good)
        with LiveServer("--config-dir", str(directory), "--watch-config", folder=self.folder) as server:
            self.assertEqual(server.ask("GET", "/upstream/a/x").json()["name"], "a")
            (directory / "b.yaml").write_bytes(b"\xff")
            self.until_said(server, f"the configuration stays as it was: {directory}/b.yaml:1:1: is not UTF-8 text")

    def test_asked_for(self) -> None:
        """`POST /api/config/reload` answers with what came of it."""
        with self.serving() as server:
            answer = server.ask("POST", "/api/config/reload")
            nothing = {
                "ok": True,
                "added": [],
                "removed": [],
                "changed": [],
                "adjusted": [],
                "settings": [],
                "warnings": [],
            }
            self.assertEqual((answer.status, answer.json()), (200, nothing))
            path = self.file("startPort: 0\n")
            answer = server.ask("POST", "/api/config/reload")
            (error,) = answer.json()["errors"]
            self.assertEqual((answer.status, error["file"], error["line"], error["path"]), (422, path, 1, "startPort"))


class StalledLogTests(Folder):
    """W-30: whoever reads stdout may stop reading it, or go away."""

    def setUp(self) -> None:
        super().setUp()
        self.pipe = self.folder / "stdout"
        os.mkfifo(self.pipe)
        self.reader = os.open(self.pipe, os.O_RDWR)  # both ends: opening waits for nobody

    def tearDown(self) -> None:
        os.close(self.reader)

    @contextmanager
    def serving(self, *command: str, options: str = "") -> Iterator[Live]:
        """The server, its stdout a pipe that nobody reads, with model `a` loaded."""
        port = free_ports()
        config = self.file(configuration(*options.split()))
        onto_pipe = ("sh", "-c", 'exec "$@" > "$0"', str(self.pipe))
        words = (*command, "--config", config, "--listen", f"127.0.0.1:{port}")
        environ = {**os.environ, "XDG_STATE_HOME": str(self.folder), "PYTHONUNBUFFERED": ""}
        with Live((*onto_pipe, *words), port, env=environ) as server:
            self.assertEqual(server.ask("GET", "/upstream/a/warm").status, 200)
            yield server

    def fill(self, server: Live) -> None:
        """Make more requests than a pipe holds lines of the access log, or as many as are answered."""
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", server.port), timeout=1) as client:
                client.sendall(b"GET /" + b"x" * 4000 + b" HTTP/1.0\r\nHost: x\r\n\r\n")
                client.recv(1)

    def test_w30_nobody_reads(self) -> None:
        """A stalled stdout stalls neither requests nor the end of the server."""
        for command in (LLAMA_SWAP, TWIST):
            with self.serving(*command) as server:
                self.fill(server)
                self.assertEqual(server.ask("GET", "/upstream/a/again").status, 200)
                children = server.children()
                self.assertEqual(server.stop(patience=10), 0)
                self.gone(children)

    def test_w30_closed(self) -> None:
        """A stdout that nobody can read any more changes nothing, not even the exit status."""
        for command in (LLAMA_SWAP, TWIST):
            with self.serving(*command) as server:
                os.close(self.reader)
                self.fill(server)
                self.assertEqual(server.stop(), 0)
                self.reader = os.open(self.pipe, os.O_RDWR)

    def test_w25_second_signal_reaches_a_stuck_reactor(self) -> None:
        """`twistd -n` writes its log itself, and is stuck with its reader: two signals still end it and its models."""
        command = (*TWISTD, "-n", "--pidfile", str(self.folder / "pid"), "llamaswap")
        with self.serving(*command, options="--ignore-sigterm --descendant session") as server:
            children = server.children()
            self.assertRaises(TimeoutError, self.fill, server)
            server.process.send_signal(signal.SIGTERM)  # and another: two equal ones might become one
            self.assertEqual(server.stop(signal.SIGINT, patience=10), 1)
            self.assertGreaterEqual(len(children), 2)
            self.gone(children)


class DaemonTests(Folder):
    """`twistd llamaswap` as an init system runs it."""

    def start(self, *listen: str) -> int:
        """Start the daemon; its pid, by the pid file."""
        options = ("--pidfile", str(self.folder / "pid"), "--logfile", str(self.folder / "log"))
        words = (*TWISTD, *options, "llamaswap", "--config", self.file(configuration()), *listen)
        subprocess.run(words, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        pid = int((self.folder / "pid").read_text())
        self.addCleanup(self.kill, psutil.Process(pid))
        return pid

    def kill(self, daemon: psutil.Process) -> None:
        """Leave nothing behind when a test fails."""
        if daemon.is_running():
            for child in daemon.children(recursive=True):
                child.kill()
            daemon.kill()

    def test_daemon(self) -> None:
        """It serves on every address, logs into its file, ends by the pid in its pid file, and removes that file;
        a Unix socket, opened by the process that forked it, stays its own."""
        port, path = free_ports(), self.folder / "socket"
        pid = self.start("--listen", f"127.0.0.1:{port}", "--listen", f"unix:{path}")
        daemon = psutil.Process(pid)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(path))
            client.sendall(b"GET /upstream/a/x HTTP/1.0\r\n\r\n")
            self.assertIn(b'"name"', b"".join(iter(lambda: client.recv(65536), b"")))
        children = daemon.children(recursive=True)
        self.assertEqual(os.readlink(f"{path}.lock"), str(pid))
        self.assertIn(f"listening on 127.0.0.1:{port}", (self.folder / "log").read_text())
        daemon.terminate()
        for _ in eventually():
            if not any(each.is_running() for each in (daemon, *children)):
                break
        for left in (self.folder / "pid", path, f"{path}.lock"):
            self.assertFalse(os.path.lexists(left), left)
        self.assertNotIn("Traceback", (self.folder / "log").read_text())
