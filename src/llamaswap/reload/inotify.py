"""Linux's notices about files, through Twisted. Importing this raises `ImportError` where there are none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet import inotify
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.python.filepath import FilePath

from llamaswap.reload.snapshot import Place
from llamaswap.reload.watch import CannotNotify

MASK = (
    inotify.IN_CLOSE_WRITE
    | inotify.IN_ATTRIB
    | inotify.IN_CREATE
    | inotify.IN_DELETE
    | inotify.IN_MOVED
    | inotify.IN_MOVE_SELF
    | inotify.IN_DELETE_SELF
)
"""Not `IN_MODIFY`: a log that grows in the same directory would tell something with every line."""


class _Descriptor(inotify.INotify):
    """Twisted's, which lives on when something that is watched is deleted, as every editor deletes the old file."""

    def loseConnection(self) -> None:
        """It is asked for with every deletion, and would close the descriptor as often. We close it ourselves, once."""


class Inotify:
    """Calls `told` for whatever happens at the places it is given. Satisfies `Notifier`."""

    def __init__(self, told: Callable[[], None], reactor: Any) -> None:
        self._told = told
        self._reactor = reactor
        self._descriptor: _Descriptor | None = None

    def watch(self, places: Iterable[Place]) -> None:
        """A descriptor is made anew for every set of places: a path may stand for another inode than it did."""
        self.close()
        try:
            self._descriptor = _Descriptor(self._reactor)
            self._descriptor.startReading()
            for path in {(place.device, place.inode): place.path for place in places}.values():
                self._add(self._descriptor, path)
        except (inotify.INotifyError, OSError) as error:
            raise CannotNotify(f"{error}; fs.inotify.max_user_watches and max_user_instances are its limits") from error

    def _add(self, descriptor: _Descriptor, path: str) -> None:
        try:
            descriptor.watch(FilePath(os.fsencode(path)), MASK, callbacks=[self._hear])
        except inotify.INotifyError:
            if os.path.exists(path):  # else it is gone since, which the next look sees
                raise

    def _hear(self, _watch: object, path: FilePath[bytes], mask: int) -> None:
        self._told()

    def close(self) -> None:
        """At once: nothing is told after it."""
        if self._descriptor is not None:
            self._descriptor.connectionLost(Failure(ConnectionDone()))
            self._descriptor = None
