"""One client of the events: how far it has come, and nothing else of its own. Pure.

What it is sent lies in the backlog that all share, or in a snapshot that it shares with those who came at the same
time. A client that does not read is told nothing, and costs nothing, until it reads again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from llamaswap.feeds import sse

_PIECE = 16 * 1024
"""Bytes of a snapshot that are written at once: what a transport holds for a client that stops reading is not much
more than its own limit."""


class Snapshot:
    """All there is to know at one moment, as messages."""

    __slots__ = ("data", "number", "readers", "when")

    def __init__(self, number: int, data: bytes, when: float) -> None:
        self.number = number
        """Of the first message that is not in it."""
        self.data = data
        self.when = when
        self.readers: set[Follower] = set()
        """Who has not been sent all of it."""


class Source(Protocol):
    """What all share (`broadcast.py`)."""

    def since(self, number: int) -> tuple[bytes, int] | None:
        """As `Backlog.since`."""

    def snapshot(self) -> Snapshot:
        """A new one, or one from which the messages that are kept lead on."""


class Follower:
    """Writes to one client, as a producer that the client's reading paces. `cut` ends it without ceremony."""

    __slots__ = ("_next", "_offset", "_paused", "_snapshot", "_source", "_write", "cut")

    def __init__(
        self, source: Source, write: Callable[[bytes], object], cut: Callable[[], object], number: int | None
    ) -> None:
        """It has seen all before `number`; None: it knows nothing."""
        self._source = source
        self._write = write
        self.cut = cut
        self._next = -1 if number is None else number
        self._snapshot: Snapshot | None = None
        self._offset = 0
        self._paused = False

    def go_on(self) -> None:
        """Write what there is, as far as the client takes it."""
        while not self._paused and (piece := self._piece()):
            self._write(piece)

    def beat(self) -> None:
        """Show that the stream is alive; one that waits for its client need not."""
        if not self._paused:
            self._write(sse.HEARTBEAT)

    def leave(self) -> None:
        """Write nothing any more. May be called twice."""
        self._paused = True
        self._forget_snapshot()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self.go_on()

    def stopProducing(self) -> None:
        """The client is gone."""
        self.leave()

    def _piece(self) -> bytes:
        if self._snapshot is None:
            found = self._source.since(self._next)
            if found is not None:
                data, self._next = found
                return data
            self._snapshot = self._source.snapshot()
            self._snapshot.readers.add(self)
        return self._piece_of(self._snapshot)

    def _piece_of(self, snapshot: Snapshot) -> bytes:
        piece = snapshot.data[self._offset : self._offset + _PIECE]
        self._offset += len(piece)
        if self._offset >= len(snapshot.data):
            self._next = snapshot.number
            self._forget_snapshot()
        return piece

    def _forget_snapshot(self) -> None:
        if self._snapshot is not None:
            self._snapshot.readers.discard(self)
            self._snapshot = None
        self._offset = 0
