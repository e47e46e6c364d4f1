"""Watching real files, with the system's own notices and without them, on the reactor's clock and threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from shutil import rmtree
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from llamaswap.config.files import Files
from llamaswap.reload.inotify import Inotify
from llamaswap.reload.snapshot import Place, look
from llamaswap.reload.watch import CannotNotify, Notifier, Watch
from tests.support.folders import folder_for

T = TypeVar("T")


def no_notices(told: Callable[[], None]) -> Notifier:
    """As on a system that has none."""
    raise CannotNotify("nothing here")


def in_thread(work: Callable[[], T]) -> Deferred[T]:
    return deferToThread(work)


class NoSlowPoll(Clock):
    """The reactor's time, but what should happen in more than a second never does."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kw: object) -> IDelayedCall:
        core: Any = reactor
        if delay > 1:
            return super().callLater(delay, callable, *args, **kw)
        later: IDelayedCall = core.callLater(delay, callable, *args, **kw)
        return later


class RealFilesTests(TestCase):
    """What is done to files, from the call to the word that they have changed."""

    timeout = 60

    def setUp(self) -> None:
        self.folder = Path(os.path.realpath(folder_for(self))) / "etc"
        self.folder.mkdir()
        self.files = Files(str(self.folder / "config.yaml"))
        self.changes: DeferredQueue[None] = DeferredQueue()
        self.write("config.yaml")

    def start(self, clock: Any, notify: Callable[[Callable[[], None]], Notifier]) -> None:
        watch = Watch(
            partial(look, self.files),
            look(self.files),
            lambda: self.changes.put(None),
            clock=clock,
            in_thread=in_thread,
            notify=notify,
        )
        watch.startService()
        self.addCleanup(watch.stopService)

    def write(self, name: str) -> None:
        """As editors do: another file, then renamed."""
        (self.folder / "new").write_text("")
        (self.folder / "new").rename(self.folder / name)

    def link(self, name: str, target: str) -> None:
        (self.folder / "new").symlink_to(target)
        (self.folder / "new").rename(self.folder / name)

    def generation(self, number: int) -> None:
        """As Kubernetes does with a ConfigMap: the old files are deleted once the new ones have their place."""
        (self.folder / f"..{number}").mkdir()
        self.write(f"..{number}/config.yaml")
        self.link("..data", f"..{number}")
        self.link("config.yaml", "..data/config.yaml")
        rmtree(self.folder / f"..{number - 1}", ignore_errors=True)

    def replace_directory(self) -> None:
        self.folder.rename(self.folder.with_name("old"))
        self.folder.mkdir()
        self.write("config.yaml")

    async def test_polling(self) -> None:
        """Without notices a change is found."""
        self.start(reactor, no_notices)
        self.write("config.yaml")
        await self.changes.get()

    async def test_inotify(self) -> None:
        """Whatever is done to the file is told, without looking every now and then."""
        self.start(NoSlowPoll(), partial(Inotify, reactor=reactor))
        target = self.folder / "config.yaml"
        for step in (
            partial(self.write, "config.yaml"),
            partial(self.write, "config.yaml"),
            partial(target.write_text, "in place"),
            partial(os.utime, target, (1, 1)),
            partial(self.generation, 1),
            partial(self.generation, 2),
            partial(self.generation, 3),
            partial(target.write_text, "behind the links"),
            self.replace_directory,
            partial(self.write, "config.yaml"),
        ):
            step()
            await self.changes.get()
        self.assertEqual(self.changes.pending, [])

    async def test_inotify_and_a_directory(self) -> None:
        """New files, lost files, changed files; the directory may come later."""
        self.files = Files(config_dir=str(self.folder / "later" / "conf.d"))
        self.start(NoSlowPoll(), partial(Inotify, reactor=reactor))
        (self.folder / "later" / "conf.d").mkdir(parents=True)
        for step in (
            partial(self.write, "later/conf.d/a.yaml"),
            partial(self.write, "later/conf.d/b.yaml"),
            partial((self.folder / "later" / "conf.d" / "a.yaml").unlink),
            partial((self.folder / "later" / "conf.d" / "b.yaml").write_text, "in place"),
        ):
            step()
            await self.changes.get()
        self.assertEqual(self.changes.pending, [])


class InotifyTests(SynchronousTestCase):
    """The notifier alone."""

    def setUp(self) -> None:
        self.notifier = Inotify(lambda: None, reactor)
        self.addCleanup(self.notifier.close)

    def descriptors(self) -> int:
        """How many inotify descriptors this process has."""
        links = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
        return sum(os.path.lexists(link) and "inotify" in os.readlink(link) for link in links)

    def test_one_descriptor(self) -> None:
        """However often the places change there is one descriptor, and none after the end, which may be told twice."""
        before, folder = self.descriptors(), str(folder_for(self))
        for inode in range(3):
            self.notifier.watch([Place(folder, 1, inode)])
        self.assertEqual(self.descriptors(), before + 1)
        self.notifier.close()
        self.notifier.close()
        self.assertEqual(self.descriptors(), before)

    def test_place_that_is_gone(self) -> None:
        """It is passed over: the next look will not find it."""
        self.notifier.watch([Place("/nonexistent", 1, 1), Place("/tmp", 1, 2)])

    def test_exhausted(self) -> None:
        """When the system gives no more, the error says where its limits are."""
        limits = getrlimit(RLIMIT_NOFILE)
        setrlimit(RLIMIT_NOFILE, (3, limits[1]))
        try:
            error = self.assertRaises(CannotNotify, self.notifier.watch, [Place("/tmp", 1, 1)])
        finally:
            setrlimit(RLIMIT_NOFILE, limits)
        self.assertIn("max_user_watches", str(error))
