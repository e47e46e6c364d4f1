"""Which processes run on this machine: who they are, whose they are, and how to signal them.

It knows sessions, groups and marks, and refuses to know what a model is. Everything here asks the operating system;
a listing takes tens of milliseconds on a busy machine and belongs in a thread.

Linux is read from /proc: psutil derives start times from the wall clock, which may be set back, takes twice as long,
and a start time is what keeps us from killing a stranger. Elsewhere psutil answers.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from llamaswap.backends.launch import MARK

_PROC = Path("/proc")
_MARK_ENTRY = MARK.encode() + b"="
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors that say something of us and nothing of the process that was looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A process as a listing saw it."""

    pid: int
    started: int
    """When it started, in units of the platform: with the pid it is the identity of a process."""
    group: int
    session: int
    mark: str = ""
    """Its value of `LLAMASWAP_MARK`; empty when it has none, or hides it."""


class Processes(Protocol):
    """The process table. A zombie is not in it: it holds nothing and only waits for its parent.

    Whoever looks gets an OSError when there was no looking, as without a free descriptor: that nobody was seen then
    means nothing.
    """

    @property
    def boot(self) -> str:
        """Identity of the running system: start times of another boot mean nothing here."""

    def started(self, pid: int) -> int | None:
        """When the process `pid` started; None when there is none."""

    def running(self, since: int = 0) -> list[Seen]:
        """All processes that we may signal and that started at `since` or later."""

    def signal(self, process: Seen, number: int) -> None:
        """Send a signal to this very process; harmless when it is gone, or its pid is another's by now."""

    def signal_group(self, leader: int, number: int) -> None:
        """Send a signal to the group of our child `leader`, or to it alone while it has none. It is not reaped yet."""


class Signals(ABC):
    """The half of `Processes` that is the same on every POSIX system."""

    @abstractmethod
    def started(self, pid: int) -> int | None: ...

    def signal(self, process: Seen, number: int) -> None:
        if self.started(process.pid) == process.started:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)

    def signal_group(self, leader: int, number: int) -> None:
        try:
            os.killpg(leader, number)
        except (ProcessLookupError, PermissionError):  # it is still the launcher, in our own group
            with suppress(ProcessLookupError, PermissionError):
                os.kill(leader, number)


class LinuxProcesses(Signals):
    """The table as /proc shows it; start times are clock ticks since boot."""

    def __init__(self, root: Path = _PROC, read: Callable[[Path], bytes] = Path.read_bytes) -> None:
        self._root = root
        self._read = read
        self.boot = (root / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    def started(self, pid: int) -> int | None:
        seen = self._look(pid)
        return seen.started if seen else None

    def running(self, since: int = 0) -> list[Seen]:
        return list(self._running(since))

    def _running(self, since: int) -> Iterator[Seen]:
        for name in os.listdir(self._root):
            if name.isdigit() and (seen := self._look(int(name))) and seen.started >= since:
                if (mark := self._mark(seen.pid)) is not None:
                    yield Seen(seen.pid, seen.started, seen.group, seen.session, mark)

    def _look(self, pid: int) -> Seen | None:
        try:
            text = self._read(self._root / str(pid) / "stat")
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # gone, or hidden from us
            return None
        # "pid (name) state ppid pgrp session …"; the name may hold blanks and parentheses
        fields = text.rpartition(b")")[2].split()
        if fields[0] in (b"Z", b"X"):
            return None
        return Seen(pid, int(fields[19]), group=int(fields[2]), session=int(fields[3]))

    def _mark(self, pid: int) -> str | None:
        """Its mark; None when it is gone, or hides its mark and is not ours to signal."""
        try:
            return _find_mark(self._read(self._root / str(pid) / "environ").split(b"\0"))
        except (FileNotFoundError, ProcessLookupError):
            return None
        except OSError as error:
            if error.errno in SHORTAGES:
                raise
            return "" if may_signal(pid) else None


def may_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _find_mark(entries: list[bytes]) -> str:
    mine = (entry for entry in entries if entry.startswith(_MARK_ENTRY))
    return next(mine, b"").removeprefix(_MARK_ENTRY).decode("ascii", "replace")


def system_processes() -> Processes:
    """The process table of this platform."""
    if sys.platform == "linux":
        return LinuxProcesses()
    from llamaswap.backends.psutil_processes import PsutilProcesses  # late: Linux needs no psutil for it

    return PsutilProcesses()


def descendants(processes: Processes, leader: int, mark: str, since: int) -> list[Seen]:
    """What a backend left running: all in the session or group of `leader`, and all that carry its mark.

    One that has left the session *and* hides its mark cannot be told from a stranger, and is taken for one.
    """
    return [
        seen
        for seen in processes.running(since)
        if seen.pid != leader and (leader in (seen.session, seen.group) or seen.mark == mark)
    ]


def kill_all(processes: Processes, found: Sequence[Seen]) -> None:
    """SIGKILL every one of them."""
    for seen in found:
        processes.signal(seen, signal.SIGKILL)
