"""Backends on the real reactor, with real processes: what no fake can promise."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from llamaswap.backends.local import LocalBackend
from llamaswap.backends.processes import system_processes
from llamaswap.backends.sweep import sweep
from llamaswap.config.schema import Model
from llamaswap.errors import OutOfMemory, StartFailed
from llamaswap.ids import ModelId
from llamaswap.notices import ModelChanged, State
from tests.support.live import eventually
from tests.support.ports import free_ports
from tests.support.real_host import FAKE_UPSTREAM, real_host

reactor: Any = global_reactor
PATIENCE = 10.0
Test = Callable[[Any], Coroutine[Any, Any, None]]


def asynchronous(test: Test) -> Callable[[Any], Deferred[None]]:
    """Let trial wait for a coroutine."""

    @wraps(test)
    def run(self: Any) -> Deferred[None]:
        return Deferred.fromCoroutine(test(self))

    return run


def alive(pid: int) -> bool:
    return system_processes().started(pid) is not None


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that will be true in a moment."""
    deadline = reactor.seconds() + PATIENCE
    while not condition():
        if reactor.seconds() > deadline:
            raise AssertionError("waited for too long")
        await deferLater(reactor, 0.005)


class RealCase(TestCase):
    """A directory for pids and journals, and one backend."""

    def setUp(self) -> None:
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)
        self.said = b""
        self.changes: list[str] = []
        self.port = free_ports()

    def make(self, *options: str, command: str = "", **settings: Any) -> LocalBackend:
        """A backend of the fake upstream with `options`, or of `command`."""
        host = real_host(reactor, self.place, {**os.environ, "A": "1", "B": "1"})
        host.notices.subscribe(ModelChanged, lambda notice: self.changes.append(notice.new.value))
        fake = [*FAKE_UPSTREAM, "--port", str(self.port), "--name", "u", "--pid-dir", str(self.place), *options]
        proxy = f"http://localhost:{self.port}"
        model = Model(id=ModelId("m"), cmd=command or shlex.join(fake), proxy=proxy, port=self.port, **settings)
        backend = LocalBackend(model, host, self.hear)
        self.addCleanup(backend.close, 0.1)
        return backend

    def hear(self, data: bytes) -> None:
        self.said += data

    async def pid(self, kind: str = "") -> int:
        """The pid that a fake upstream, or its descendant, has written down."""
        path = self.place / f"u{kind}.pid"
        await until(path.exists)
        return int(path.read_text())

    async def failure(self, backend: LocalBackend) -> str:
        try:
            await backend.ensure_ready()
        except StartFailed as error:
            return error.cause
        raise AssertionError("it started")


class LifeTests(RealCase):
    """Starts and ends."""

    @asynchronous
    async def test_w19_the_last_words_of_a_process(self) -> None:
        """What it wrote right before its end is read before it is judged, however much went before."""
        words = "import os; os.write(1, b'x\\n' * 30_000 + b'CUDA error: out of memory\\n'); os._exit(1)"
        backend = self.make(command=shlex.join([sys.executable, "-I", "-S", "-c", words]))
        with self.assertRaises(OutOfMemory) as raised:
            await backend.ensure_ready()
        self.assertIn("it said `CUDA error: out of memory`", str(raised.exception))

    @asynchronous
    async def test_w19_a_kill_by_the_system(self) -> None:
        """Nobody here has sent it."""
        words = "import os; os.kill(os.getpid(), 9)"
        backend = self.make(command=shlex.join([sys.executable, "-I", "-S", "-c", words]))
        with self.assertRaises(OutOfMemory) as raised:
            await backend.ensure_ready()
        self.assertIn("signal 9", str(raised.exception))

    @asynchronous
    async def test_s24_start_stop_and_again(self) -> None:
        """Every start answers its probe, every stop leaves nobody."""
        backend = self.make()
        for _ in range(3):
            upstream = await backend.ensure_ready()
            self.assertEqual(await upstream.probe("/health"), 200)
            pid = await self.pid()
            await backend.stop(5)
            self.assertFalse(alive(pid))
        self.assertEqual(self.changes, ["starting", "ready", "stopping", "stopped"] * 3)

    @asynchronous
    async def test_s22_the_childs_surroundings(self) -> None:
        """Environment, directory, stdin, session; signals and locale as if nobody had been in between."""
        script = (
            "import json,os;"
            "print(json.dumps({'env':dict(os.environ),'cwd':os.getcwd(),'stdin':os.read(0,1).decode(),"
            "'ids':[os.getpid(),os.getpgrp(),os.getsid(0)],'open':sorted(os.listdir('/proc/self/fd'))}))"
        )
        python = shlex.join([sys.executable, "-I", "-S", "-c", script])
        shell = f"grep SigIgn /proc/self/status; echo $LC_CTYPE; exec {python}"
        backend = self.make(command=shlex.join(["sh", "-c", shell]), env=("A=2", "LC_CTYPE=C"), check_endpoint="none")
        await backend.ensure_ready()
        await until(lambda: self.said.endswith(b"}\n"))
        ignored, locale, line = self.said.decode().splitlines()
        about = json.loads(line)
        self.assertEqual(int(ignored.split()[1], 16) & 0x7FFFFFFF, 0)  # glibc hides two of its own above these
        self.assertEqual((about["env"]["A"], about["env"]["B"], locale), ("2", "1", "C"))
        self.assertEqual((about["cwd"], about["stdin"], len(set(about["ids"]))), (os.getcwd(), "", 1))
        self.assertEqual(about["open"], ["0", "1", "2", "3"])  # 3 is the listing itself

    @asynchronous
    async def test_s23_output_in_order(self) -> None:
        """stdout and stderr are one stream."""
        backend = self.make("--chatter", "20")
        await backend.ensure_ready()
        await backend.stop(5)
        wanted = [f"{'out' if number % 2 else 'err'} {number}" for number in range(1, 21)]
        self.assertEqual(self.said.decode().split("\n")[:-1], wanted)

    @asynchronous
    async def test_s11_what_cannot_be_run(self) -> None:
        """An executable that is none fails with the system's reason."""
        path = self.place / "garbage"
        path.write_text("not a program")
        path.chmod(0o700)
        self.assertEqual(
            await self.failure(self.make(command=str(path))), f"failed to start command '{path}': Exec format error"
        )

    @asynchronous
    async def test_w02_a_port_that_is_taken(self) -> None:
        """The second model does not start on the first one's port; the text names the port and who holds it."""
        first, second = self.make(), self.make()
        await first.ensure_ready()
        pid = await self.pid()
        cause = await self.failure(second)
        self.assertIn(f"port {self.port} is already in use by ", cause)
        self.assertIn(f"(pid {pid})", cause)

    @asynchronous
    async def test_s07_w12_a_daemon_is_a_failed_start(self) -> None:
        """It is noticed at once, and the descendant is killed."""
        backend = self.make("--daemonise", "--health-hang", "--ignore-sigterm")
        self.assertIn("upstream command exited prematurely (", await self.failure(backend))
        path = self.place / "u.pid"
        self.assertFalse(path.exists() and alive(int(path.read_text())))

    @asynchronous
    async def test_s13_killed_from_outside(self) -> None:
        """The state follows by itself, what was left is gone, and the next request starts a new one."""
        backend = self.make("--descendant", "session")
        await backend.ensure_ready()
        pid, descendant = await self.pid(), await self.pid(".session")
        os.kill(pid, signal.SIGKILL)
        await until(lambda: backend.state is State.STOPPED)
        await backend.ensure_ready()
        self.assertFalse(alive(descendant))
        self.assertNotEqual(await self.pid(), pid)
        self.assertEqual(self.changes, ["starting", "ready", "stopped", "starting", "ready"])


class EndTests(RealCase):
    """Stops of the stubborn."""

    @asynchronous
    async def test_s14_a_deaf_child(self) -> None:
        """SIGKILL after the grace, and not before."""
        backend = self.make("--ignore-sigterm")
        await backend.ensure_ready()
        began = reactor.seconds()
        await backend.stop(0.3)
        self.assertGreaterEqual(reactor.seconds() - began, 0.29)
        self.assertFalse(alive(await self.pid()))

    @asynchronous
    async def test_s15_a_slow_handler_may_finish(self) -> None:
        """It has the whole grace, and not more than it needs."""
        marker = self.place / "marker"
        backend = self.make("--sigterm-delay", "0.3", "--sigterm-marker", str(marker))
        await backend.ensure_ready()
        began = reactor.seconds()
        await backend.stop(5)
        self.assertLess(reactor.seconds() - began, 4)
        self.assertEqual(marker.read_text(), "SIGTERM")

    @asynchronous
    async def test_s16_a_wrapper_shell(self) -> None:
        """The server behind it dies with it."""
        fake = shlex.join([*FAKE_UPSTREAM, "--port", str(self.port), "--name", "u", "--pid-dir", str(self.place)])
        backend = self.make(command=shlex.join(["sh", "-c", f"{fake} & wait"]))
        await backend.ensure_ready()
        await backend.stop(5)
        self.assertFalse(alive(await self.pid()))

    @asynchronous
    async def test_s17_w11_no_descendant_survives(self) -> None:
        """Deaf ones that hold the pipe, that do not, and that moved to another session: killed after the grace."""
        kinds = ("plain", "quiet", "session")
        backend = self.make(*(word for kind in kinds for word in ("--descendant", kind)))
        await backend.ensure_ready()
        pids = [await self.pid(f".{kind}") for kind in kinds]
        await backend.stop(0.3)
        self.assertEqual([pid for pid in pids if alive(pid)], [])

    @asynchronous
    async def test_s18_a_stop_command(self) -> None:
        """It runs with the pid and the child's environment; what it prints is in the model's output."""
        marker = self.place / "marker"
        helper = "echo stopping $A; kill -9 ${PID}"
        options = ("--sigterm-marker", str(marker))
        backend = self.make(*options, cmd_stop=shlex.join(["sh", "-c", helper]), env=("A=2",))
        await backend.ensure_ready()
        await backend.stop(5)
        self.assertEqual((self.said, marker.exists()), (b"stopping 2\n", False))

    @asynchronous
    async def test_s19_a_stop_command_that_never_ends(self) -> None:
        """Both are killed after the grace."""
        backend = self.make(cmd_stop="sleep 1000")
        await backend.ensure_ready()
        await backend.stop(0.3)
        self.assertFalse(alive(await self.pid()))

    @asynchronous
    async def test_a_forced_exit(self) -> None:
        """When `kill` returns, nobody can do anything any more."""
        backend = self.make("--ignore-sigterm", "--descendant", "session")
        await backend.ensure_ready()
        pids = [await self.pid(), await self.pid(".session")]
        backend.kill()
        await until(lambda: not any(map(alive, pids)))
        await backend.close(1)


class CrashTests(SynchronousTestCase):
    """W-24: the server is killed, and another comes."""

    def setUp(self) -> None:
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)

    def serve(self, name: str) -> subprocess.Popen[bytes]:
        """A server with a wrapper's grandchild and one that called setsid, both deaf."""
        fake = [*FAKE_UPSTREAM, "--name", name, "--pid-dir", str(self.place)]
        descendants = ["--descendant", "plain", "--descendant", "session"]
        command = shlex.join(["sh", "-c", f"{shlex.join([*fake, *descendants])} & wait"])
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.real_host", str(self.place), command],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
        )
        self.addCleanup(self.end, server)
        return server

    def end(self, server: subprocess.Popen[bytes]) -> None:
        server.kill()
        server.communicate()
        sweep([self.place], system_processes())

    def pids(self, name: str) -> list[int]:
        """Of the model's server and its descendants, once all have said who they are."""
        paths = [self.place / f"{name}{kind}.pid" for kind in ("", ".plain", ".session")]
        for _ in eventually():
            if all(path.exists() for path in paths):
                break
        return [int(path.read_text()) for path in paths]

    def test_w24_a_sweep_kills_what_a_crashed_server_left_and_nothing_else(self) -> None:
        """Grandchild and setsid'ed one die, a second server beside it keeps its own."""
        crashed, beside = self.serve("crashed"), self.serve("beside")
        for server in (crashed, beside):
            assert server.stdout is not None
            self.assertEqual(server.stdout.readline(), b"ready\n")
        lost, kept = self.pids("crashed"), self.pids("beside")
        crashed.kill()
        crashed.wait()
        self.assertTrue(any(map(alive, lost)))
        swept = sweep([self.place], system_processes())
        self.assertEqual([pid for pid in lost if alive(pid)], [])
        self.assertEqual([pid for pid in kept if not alive(pid)], [])
        self.assertEqual((swept.problems, len(list(self.place.glob("*.json")))), ([], 1))
