"""What one source said: its recent history, and live listeners that can never block the writer (http-api section 17).

A `Monitor` hands each write to its listeners in the same turn. A listener that may be slow puts a `Tail` between:
it queues a bounded amount while its reader is paused, then drops, and says afterwards how much was dropped.
This module does not know what the bytes mean, nor where a listener sends them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from zope.interface import implementer

from llamaswap.logs.ring import CAPACITY, Ring

LogListener = Callable[[bytes], object]
"""Told of every write, in order; it must return at once. One that raises is unsubscribed."""


class Monitor:
    """The history of one source, and those who follow it live."""

    log = Logger()

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring = Ring(capacity)
        self._listeners: tuple[LogListener, ...] = ()

    def write(self, data: bytes) -> None:
        """Keep `data` and pass it on. Never blocks and never fails."""
        if not data:
            return
        self._ring.append(data)
        for listener in self._listeners:
            try:
                listener(data)
            except Exception:
                self._drop(listener)  # first: the complaint may come back to this very monitor
                self.log.failure("a log listener failed and is not told any more")

    def history(self) -> bytes:
        """The last 100 KiB that were written."""
        return bytes(self._ring)

    @property
    def followers(self) -> int:
        """How many listeners there are."""
        return len(self._listeners)

    def subscribe(self, listener: LogListener) -> Callable[[], None]:
        """Tell `listener` of every later write; the returned function ends that and may be called twice."""
        self._listeners = (*self._listeners, listener)
        return lambda: self._drop(listener)

    def _drop(self, listener: LogListener) -> None:
        self._listeners = tuple(kept for kept in self._listeners if kept != listener)


@implementer(IPushProducer)
class Tail:
    """A bounded queue in front of a reader that can be paused (as a push producer is, by a slow transport).

    While paused it keeps up to `limit` bytes, and drops what comes after them. Once the reader has caught up it is
    told with one line, `— N bytes dropped —`, where the gap is.
    """

    def __init__(self, write: Callable[[bytes], object], limit: int = CAPACITY) -> None:
        self._write = write
        self._limit = limit
        self.paused = False
        """Its reader does not keep up."""
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._dropped = 0
        self._line_open = False

    def write(self, data: bytes) -> None:
        """Pass `data` on, or keep it, or count it as dropped."""
        if not self.paused and not self._queue:
            self._pass(data)
        elif self._dropped or self._queued + len(data) > self._limit:
            self._dropped += len(data)
        else:
            self._queue.append(data)
            self._queued += len(data)

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        """Give the reader what was kept, as far as it takes it, and then the news of what was not."""
        self.paused = False
        while self._queue and not self.paused:
            data = self._queue.popleft()
            self._queued -= len(data)
            self._pass(data)
        if self._dropped and not self.paused:
            dropped, self._dropped = self._dropped, 0
            self._pass(f"{self._newline()}— {dropped} bytes dropped —\n".encode())

    def stopProducing(self) -> None:
        """The reader is gone: whoever subscribed this queue ends it."""
        self.pauseProducing()

    def _newline(self) -> str:
        return "\n" if self._line_open else ""

    def _pass(self, data: bytes) -> None:
        self._line_open = not data.endswith(b"\n")
        self._write(data)
