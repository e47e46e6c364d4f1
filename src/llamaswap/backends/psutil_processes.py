"""The process table of systems other than Linux (`processes.py`)."""

from __future__ import annotations

import os

import psutil

from llamaswap.backends.launch import MARK
from llamaswap.backends.processes import SHORTAGES, Seen, Signals, may_signal


class PsutilProcesses(Signals):
    """The table as psutil shows it; start times are microseconds since the epoch."""

    boot = ""

    def started(self, pid: int) -> int | None:
        try:
            process = psutil.Process(pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return round(process.create_time() * 1_000_000) if alive else None
        except psutil.Error:
            return None

    def running(self, since: int = 0) -> list[Seen]:
        return [seen for pid in psutil.pids() if (seen := self._look(pid)) and seen.started >= since]

    def _look(self, pid: int) -> Seen | None:
        try:
            mark, started = self._mark(pid), self.started(pid)
            if mark is None or started is None:
                return None
            return Seen(pid, started, os.getpgid(pid), os.getsid(pid), mark)
        except (ProcessLookupError, PermissionError):
            return None

    def _mark(self, pid: int) -> str | None:
        """As in `LinuxProcesses`."""
        try:
            return psutil.Process(pid).environ().get(MARK, "")
        except psutil.NoSuchProcess:
            return None
        except (psutil.Error, OSError) as error:
            if isinstance(error, OSError) and error.errno in SHORTAGES:
                raise
            return "" if may_signal(pid) else None
