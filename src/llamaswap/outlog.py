"""The program's own log on its way to a reader that may stall, such as a pipe: nobody waits for that one (W-30)."""

from __future__ import annotations

import atexit
import os
import select
import stat
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import RLock, Thread
from typing import IO, Any, cast

from twisted.logger import FileLogObserver, LogLevel

LINES_WAITING = 4096
"""How many lines of the log wait for a reader that has stalled."""
LAST_LINES = 1.0
"""Seconds that the end of the program waits for the reader to take the last of them."""


class LossyStream:
    """A text stream onto `descriptor` whose writers never wait: a thread of its own does (W-30).

    Up to `limit` lines wait for the reader. What comes then is dropped until the reader has caught up, and `news` makes
    a line of how much that was. When nobody can read any more, everything is dropped.
    """

    def __init__(self, descriptor: int, news: Callable[[int], str], limit: int = LINES_WAITING) -> None:
        self._descriptor = descriptor
        self.news = news
        self._limit = limit
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._lock = RLock()  # reentrant, as the queue is: a signal handler may write a line amid another one
        self._dropped = 0
        self._thread = Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Have `line` written, sooner or later or not at all."""
        with self._lock:
            if self._dropped or self._waiting.qsize() >= self._limit:
                self._dropped += 1
            else:
                self._waiting.put(line)

    def flush(self) -> None:
        """Nothing to do: no line is kept longer than the reader makes it wait."""

    def finish(self, patience: float = LAST_LINES) -> None:
        """Wait until everything is written, `patience` seconds at most."""
        self._waiting.put(None)
        self._thread.join(patience)

    def _run(self) -> None:
        try:
            while (line := self._waiting.get()) is not None:
                self._send(line)
                self._catch_up()
            self._catch_up()
        except OSError:  # nobody reads any more
            return

    def _catch_up(self) -> None:
        with self._lock:
            if not self._waiting.empty():
                return
            dropped, self._dropped = self._dropped, 0
        if dropped:
            self._send(self.news(dropped))

    def _send(self, line: str) -> None:
        data = line.encode("utf-8", "backslashreplace")
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])


def unstalled(make: Callable[[IO[Any]], FileLogObserver], file: IO[Any]) -> FileLogObserver:
    """The observer that `make` makes of `file`, except that it waits for no reader of a pipe, terminal or socket.

    `make` is one of Twisted's factories. Its observer is the last to be made: it writes until the program ends.
    """
    if not _can_stall(file):
        return make(file)
    stream = LossyStream(file.fileno(), lambda dropped: observer.formatEvent(_loss(dropped)) or "")
    observer = make(cast(IO[Any], stream))
    atexit.register(stream.finish)
    return observer


def _can_stall(file: IO[Any]) -> bool:
    try:
        return not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):  # no file of the system's
        return False


def _loss(dropped: int) -> dict[str, Any]:
    """The event that says so in the format of the log."""
    return {
        "log_level": LogLevel.warn,
        "log_namespace": __name__,
        "log_format": "{dropped} lines of the log were dropped: nobody read them in time",
        "log_time": time.time(),
        "dropped": dropped,
    }
