"""The server inside other applications: the example of `contrib/`, run as it is, and the public object alone."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import current_thread, main_thread

from twisted.internet import reactor
from twisted.internet.interfaces import IProtocolFactory
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import IResource

from llamaswap.config.outcome import Rejected
from llamaswap.config.schema import Settings
from llamaswap.errors import ConfigurationError, NothingToReload, Problem, ShuttingDown
from llamaswap.service import LlamaSwap
from tests.support import fake_upstream
from tests.support.folders import folder_for
from tests.support.live import Live, eventually
from tests.support.ports import free_ports

EXAMPLE = Path(__file__).parent.parent / "contrib" / "embed.py"
TWISTD = (sys.executable, "-c", "from twisted.scripts.twistd import run; run()")
MODEL = f"{sys.executable} -I -S {fake_upstream.__file__} --port ${{PORT}} --name a"


class ExampleTests(SynchronousTestCase):
    """`contrib/embed.py`."""

    def test_is_short(self) -> None:
        """Fifteen lines are enough."""
        lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith('"""')]
        self.assertLessEqual(len(lines), 15)

    def test_serves_and_cleans_up(self) -> None:
        """Both ways in answer from the same model; the signal stays the application's, and no child outlives it."""
        folder, port = folder_for(self), free_ports(3)
        config, example = folder / "config.yaml", folder / "embed.py"
        config.write_text(f"startPort: {port + 2}\nmodels:\n  a: {{cmd: '{MODEL}'}}\n")
        example.write_text(EXAMPLE.read_text().replace("8090", str(port)).replace("8091", str(port + 1)))
        words = (*TWISTD, "--pidfile", str(folder / "pid"), "-ny", str(example))
        with Live(words, port, env={**os.environ, "LLAMASWAP_CONFIG": str(config)}) as server:
            first = server.ask("GET", "/upstream/a/x").json()
            server.port = port + 1
            second = server.ask("POST", "/v1/chat/completions", {"model": "a"}).json()
            self.assertEqual((first["name"], first["pid"]), (second["name"], second["pid"]))
            children = server.children()
            self.assertEqual(server.stop(), -signal.SIGTERM)
            self.assertEqual(len(children), 1)
            for _ in eventually():
                if not any(child.is_running() for child in children):
                    break


class ObjectTests(TestCase):
    """`LlamaSwap`."""

    async def test_starts_and_stops(self) -> None:
        """It leaves the signals alone, offers both ways in, and may be stopped twice."""
        before = signal.getsignal(signal.SIGTERM)
        llamaswap = LlamaSwap(Settings(), reactor)
        self.assertTrue(IProtocolFactory.providedBy(llamaswap.factory))
        self.assertTrue(IResource.providedBy(llamaswap.resource))
        llamaswap.service.startService()
        await llamaswap.service.stopService()
        await llamaswap.service.stopService()
        self.assertIs(signal.getsignal(signal.SIGTERM), before)

    async def test_nothing_to_reload(self) -> None:
        """Without a way to read its settings again it refuses to reload."""
        asked = LlamaSwap(Settings(), reactor).reload("test")
        await self.assertFailure(asked, NothingToReload)

    async def test_reload(self) -> None:
        """It reads again in a thread, as it is told; what is wrong is an outcome. Once it ends it refuses."""
        readers: list[object] = []

        def read(previous: Settings) -> Settings:
            readers.append((previous, current_thread() is main_thread()))
            raise ConfigurationError((Problem("wrong", "c.yaml"),))

        settings = Settings()
        llamaswap = LlamaSwap(settings, reactor, read=read)
        llamaswap.service.startService()
        self.assertEqual(await llamaswap.reload("test"), Rejected((Problem("wrong", "c.yaml"),), ()))
        self.assertEqual(readers, [(settings, False)])
        await llamaswap.service.stopService()
        await self.assertFailure(llamaswap.reload("late"), ShuttingDown)

    async def test_may_be_killed_at_any_time(self) -> None:
        """A kill is harmless before the start and after the stop."""
        llamaswap = LlamaSwap(Settings(), reactor)
        llamaswap.kill()
        llamaswap.service.startService()
        await llamaswap.service.stopService()
        llamaswap.kill()
