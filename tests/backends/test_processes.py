"""The process table: of a made-up /proc, and of this machine for this very process."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.processes import (
    LinuxProcesses,
    Processes,
    Seen,
    descendants,
    system_processes,
)
from llamaswap.backends.psutil_processes import PsutilProcesses
from tests.support.fake_system import FakeProcess, FakeSystem

NOBODY = 1 << 23
"""More than any pid."""


class LinuxTests(SynchronousTestCase):
    """/proc, read right."""

    def setUp(self) -> None:
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        (self.root / "sys/kernel/random").mkdir(parents=True)
        (self.root / "sys/kernel/random/boot_id").write_text("b00t\n")
        self.processes = LinuxProcesses(self.root, self.read)
        self.failing: dict[str, int] = {}

    def read(self, path: Path) -> bytes:
        if number := self.failing.get(path.name):
            raise OSError(number, os.strerror(number))
        return path.read_bytes()

    def add(
        self, pid: int, *, name: str = "x", state: str = "S", started: int = 5, environ: bytes | None = b""
    ) -> None:
        place = self.root / str(pid)
        place.mkdir()
        rest = " ".join(["1", "20", "30", *["0"] * 15, str(started), "0"])
        (place / "stat").write_text(f"{pid} ({name}) {state} {rest}\n")
        if environ is not None:
            (place / "environ").write_bytes(environ)

    def test_a_process_is_seen_with_all_that_identifies_it(self) -> None:
        """Group, session, start and mark; a name may hold blanks and parentheses."""
        self.add(7, name="a) S (b c", started=99, environ=b"A=1\0LLAMASWAP_MARK=me.1\0B=2\0")
        self.assertEqual(self.processes.running(), [Seen(7, 99, group=20, session=30, mark="me.1")])
        self.assertEqual(self.processes.boot, "b00t")

    def test_zombies_are_not_there(self) -> None:
        """They hold nothing, and nobody waits for them."""
        self.add(7, state="Z")
        self.assertEqual((self.processes.running(), self.processes.started(7)), ([], None))

    def test_one_that_hides_its_mark_is_there_if_we_may_signal_it(self) -> None:
        """A non-dumpable descendant still is in its session; what we may not signal is not ours."""
        for number in (errno.EACCES, errno.EPERM, errno.EIO):
            self.failing["environ"] = number
            for pid in (os.getpid(), NOBODY):
                if not (self.root / str(pid)).exists():
                    self.add(pid)
            self.assertEqual(self.processes.running(), [Seen(os.getpid(), 5, 20, 30, mark="")])

    def test_a_look_that_fails_is_no_look(self) -> None:
        """Without a free descriptor nobody may be taken for gone."""
        self.add(7)
        for name in ("stat", "environ"):
            self.failing = {name: errno.EMFILE}
            self.assertRaises(OSError, self.processes.running)
        self.failing = {"stat": errno.EMFILE}
        self.assertRaises(OSError, self.processes.started, 7)

    def test_what_is_hidden_from_us_is_not_ours(self) -> None:
        """As where /proc shows everybody his own."""
        self.add(7)
        self.failing["stat"] = errno.EACCES
        self.assertEqual((self.processes.running(), self.processes.started(7)), ([], None))

    def test_what_vanishes_while_we_look_is_gone(self) -> None:
        """Between the listing and the one file or the other."""
        self.add(7, environ=None)
        (self.root / "8").mkdir()
        self.assertEqual(self.processes.running(), [])

    def test_older_ones_cannot_be_descendants(self) -> None:
        """A listing can leave them out."""
        self.add(7, started=4)
        self.add(8, started=5)
        self.assertEqual([seen.pid for seen in self.processes.running(since=5)], [8])

    def test_a_variable_that_only_looks_like_the_mark(self) -> None:
        """The name must be the whole name."""
        self.add(7, environ=b"MY_LLAMASWAP_MARK=x\0LLAMASWAP_MARKS=y\0")
        self.assertEqual(self.processes.running()[0].mark, "")


class RealTests(SynchronousTestCase):
    """Both tables, on this machine."""

    def tables(self) -> list[Processes]:
        return [system_processes(), PsutilProcesses()]

    def test_this_process(self) -> None:
        """It is there, alive, in its own group and session."""
        for table in self.tables():
            mine = next(seen for seen in table.running() if seen.pid == os.getpid())
            self.assertEqual((mine.group, mine.session), (os.getpgrp(), os.getsid(0)))
            self.assertEqual(mine.started, table.started(os.getpid()))

    def test_a_signal_reaches_the_process_that_was_seen_and_no_other(self) -> None:
        """With another start time the pid is somebody else's."""
        for table in self.tables():
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
            started = table.started(child.pid)
            assert started is not None
            table.signal(Seen(child.pid, started + 1, 0, 0), signal.SIGKILL)
            self.assertIsNone(child.poll())
            table.signal(Seen(child.pid, started, 0, 0), signal.SIGKILL)
            self.assertEqual(child.wait(10), -signal.SIGKILL)
            assert child.stdin is not None
            child.stdin.close()
            table.signal(Seen(child.pid, started, 0, 0), signal.SIGKILL)
            self.assertIsNone(table.started(child.pid))

    def test_a_child_without_a_group_is_signalled_alone(self) -> None:
        """The launcher, before it has called setsid."""
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        system_processes().signal_group(child.pid, signal.SIGKILL)
        self.assertEqual(child.wait(10), -signal.SIGKILL)
        assert child.stdin is not None
        child.stdin.close()


class DescendantsTests(SynchronousTestCase):
    """Whose is a process?"""

    def test_session_group_or_mark_and_nothing_else(self) -> None:
        """The leader itself is not its own descendant."""
        system = FakeSystem()
        table = [
            Seen(50, 1, 50, 50, "me.1"),
            Seen(51, 2, 50, 9, ""),
            Seen(52, 3, 9, 50, ""),
            Seen(53, 4, 9, 9, "me.1"),
            Seen(54, 5, 9, 9, "me.11"),
            Seen(55, 6, 9, 9, ""),
        ]
        for seen in table:
            system.add(FakeProcess(system, seen))
        self.assertEqual([seen.pid for seen in descendants(system, 50, "me.1", 1)], [51, 52, 53])
