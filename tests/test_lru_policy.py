"""The example of a package with an eviction policy (`contrib/lru_policy`), its modules beside those of llamaswap."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.errors import OutOfMemory
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import Running
from tests.support.folders import folder_for
from tests.support.live import LiveServer, eventually
from tests.support.schedule import Driver, settings
from tests.test_commands import LLAMA_SWAP, configuration

PACKAGE = Path(__file__).parent.parent / "contrib" / "lru_policy"
LRU = "routing: {router: {use: lru, settings: {lru: {max: %s}}}}\n"
FIXED = (
    'models: {a: {cmd: s, proxy: "http://h:1"}, b: {cmd: s, proxy: "http://h:2"}, c: {cmd: s, proxy: "http://h:3"}}\n'
)


def copy_modules(folder: Path) -> None:
    """Copy the package's modules to where its wheel would put them.

    That the wheel can be built and installed is seen by `.ci/check_packaging.py`.
    """
    target = folder / "installed"
    target.mkdir(exist_ok=True)
    shutil.copy(PACKAGE / "lru_policy.py", target)
    shutil.copytree(PACKAGE / "twisted", target / "twisted", dirs_exist_ok=True)


class InstalledTests(SynchronousTestCase):
    """Whole processes, with a folder of packages."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.packages = self.folder / "installed"
        self.config = self.folder / "config.yaml"

    def plugin(self, name: str, text: str) -> None:
        place = self.packages / "twisted" / "plugins"
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)

    def run_it(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": str(self.packages)}
        return subprocess.run([*LLAMA_SWAP, *words], env=environ, capture_output=True, text=True, timeout=60)

    def check(self, text: str) -> str:
        """What `check` prints of a configuration; stderr must be empty."""
        self.config.write_text(text)
        ran = self.run_it("check", str(self.config))
        self.assertEqual((ran.stderr, ran.returncode), ("", 0 if ran.stdout == "ok\n" else 1))
        return ran.stdout

    def test_check_and_plan(self) -> None:
        """Found by its name, told what is wrong with its settings, and asked what it would do."""
        copy_modules(self.folder)
        self.assertEqual(self.check(FIXED + LRU % 2), "ok\n")
        ran = self.run_it("plan", str(self.config), "--running", "a,b", "--request", "c")
        self.assertEqual(ran.stdout, "evict a; start c (lru: at most 2 at a time)\n")
        place = f"{self.config}:2:46: routing.router.settings.lru: "
        said = "max must be a whole number >= 1: how many models may run at a time"
        self.assertEqual(self.check(FIXED + LRU % 0), f"{place}{said}\n")
        self.assertEqual(self.check(FIXED + LRU % "2, min: 1"), f"{place}unknown key min: there is only max\n")

    def test_beside_broken_ones(self) -> None:
        """Plugins that cannot be imported do not break it. Where it is missing they are named, without a traceback."""
        self.plugin("broken.py", "import nowhere_to_be_found\n")
        self.plugin("text.py", "this is no Python\n")
        said = self.check(FIXED + LRU % 2)
        self.assertIn("routing.router.use: unknown router lru: valid values are group, matrix; a plugin cannot", said)
        self.assertIn("broken.py: ModuleNotFoundError: No module named 'nowhere_to_be_found'", said)
        self.assertIn("SyntaxError: invalid syntax (text.py, line 1)", said)
        copy_modules(self.folder)
        self.assertEqual(self.check(FIXED + LRU % 2), "ok\n")

    def test_two_of_one_name(self) -> None:
        """The name is nobody's."""
        copy_modules(self.folder)
        self.plugin("another.py", "from lru_policy import LruMaker\nanother = LruMaker()\n")
        self.assertIn("two installed eviction policies are named lru", self.check(FIXED + LRU % 2))

    def test_server(self) -> None:
        """The server runs by it. A reload with a wrong setting changes nothing, and one with another takes effect."""
        copy_modules(self.folder)
        self.plugin("ours.py", "from lru_policy import LruMaker\nours = LruMaker()\nours.name = 'group'\n")
        models = configuration(models=("a", "b", "c"))
        with LiveServer.of(models + LRU % 2, self.folder, PYTHONPATH=str(self.packages)) as server:
            for name in "abc":
                self.assertEqual(server.ask("GET", f"/upstream/{name}/x").status, 200)
            self.assertEqual(running(server), ["b", "c"])
            self.reload(server, models + LRU % 0, "max must be a whole number >= 1")
            server.ask("GET", "/upstream/a/x")
            self.assertEqual(running(server), ["a", "c"])
            self.reload(server, models + LRU % 3, "configuration applied: settings routing")
            server.ask("GET", "/upstream/b/x")
            self.assertEqual(running(server), ["a", "b", "c"])
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("Traceback", server.output())
            self.assertIn("the eviction policy group of lru_policy.LruMaker is not used", server.output())

    def reload(self, server: LiveServer, text: str, said: str) -> None:
        self.config.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        for _ in eventually():
            if said in server.output():
                return


def running(server: LiveServer) -> list[str]:
    return [each["model"] for each in server.ask("GET", "/running").json()["running"]]


def policy(most: int) -> Any:
    """The policy of the package, which is not installed here."""
    spec = importlib.util.spec_from_file_location("lru_policy", PACKAGE / "lru_policy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.LruMaker().make({}, {"max": most})


def shown(model: str, last_used: float, *, busy: bool = False) -> Running:
    return Running(ModelId(model), State.READY, int(busy), 0, 0.0, last_used)


class PolicyTests(SynchronousTestCase):
    """What it decides."""

    def evicted(self, most: int, target: str, *running: Running) -> str:
        return " ".join(policy(most).decide(ModelId(target), running, 9.0).evict)

    def test_least_recently_used(self) -> None:
        """As many go as are too many, the oldest first, idle ones before those in use."""
        a, b, c = shown("a", 3.0), shown("b", 1.0), shown("c", 2.0)
        self.assertEqual(self.evicted(4, "d", a, b, c), "")
        self.assertEqual(self.evicted(3, "d", a, b, c), "b")
        self.assertEqual(self.evicted(2, "d", a, b, c), "b c")
        self.assertEqual(self.evicted(3, "d", a, shown("b", 1.0, busy=True), c), "c")
        self.assertEqual(self.evicted(1, "a", a, b, c), "")

    def test_through_the_core(self) -> None:
        """The model that served last stays; a load without memory has all idle ones go."""
        driver = Driver(settings("a b c"), policy(2))
        for model in "ab":
            driver.run(model)
            driver.advance(1)
        driver.serve(driver.arrive("a"))
        driver.arrive("c")
        self.assertEqual(driver.begun[-1].evict, ("b",))
        driver.end_swap("c", OutOfMemory("no memory"))
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("c", ("a",)))
