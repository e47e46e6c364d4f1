"""A database, and the rows that wait to be put there: the reactor gives, a thread takes.

It knows no timers, and tells nobody what became of the rows: it returns that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from llamaswap.metrics.database import Database
from llamaswap.metrics.opening import Opener
from llamaswap.metrics.row import Row
from llamaswap.metrics.storage import Keep, StoreFailed, Written

T = TypeVar("T")
BATCH = 1000
"""Rows of one transaction."""


class Shelf:
    """What `opener(path)` opens: at once if `path` is a file, when it is needed if it is None (memory)."""

    def __init__(self, path: str | None, opener: Opener) -> None:
        """Blocks for a file. Raises `StoreFailed`."""
        self.path = path
        self._opener = opener
        self._database: Database | None = None
        self._waiting: deque[tuple[int, Row]] = deque()
        self.claimed = False
        """The thread has been asked to `put`, and has not begun."""
        self.behind = False
        """The last time that it was pruned something was left that is too much."""
        if path is not None:
            self._database = self._opened()

    @property
    def last_id(self) -> int:
        """The greatest id that was ever used there."""
        return self._database.last_id if self._database else 0

    @property
    def opened(self) -> bool:
        """There is something to be closed."""
        return self._database is not None

    # -- on the reactor ----------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Rows that no thread has taken yet."""
        return len(self._waiting)

    def add(self, id: int, row: Row) -> int:
        """Let it wait; returns how many do."""
        self._waiting.append((id, row))
        return len(self._waiting)

    def drop(self) -> int | None:
        """Forget the row that has waited longest; returns its id."""
        try:
            return self._waiting.popleft()[0]
        except IndexError:  # the thread was faster
            return None

    # -- in the thread -----------------------------------------------------------------------------------------------

    def put(self, keep: Keep | None, now: float) -> list[Written]:
        """Write what waits, then prune to `keep`, if given; returns what came of it, and raises nothing expected."""
        self.claimed = False  # what is added from here on needs another call
        done: list[Written] = []
        if self._database is not None and self._database.removed:
            done.append(self._reopened())
        while batch := self._take():
            done.append(self._write(batch))
        if keep is not None and any(keep):
            done += self._prune(keep, now)
        return done

    def ask(self, question: Callable[[Database], T]) -> T:
        """The answer to a question. Raises `StoreFailed`."""
        return question(self._opened())

    def close(self) -> None:
        """Done with it. Raises `StoreFailed`."""
        if self._database is not None:
            self._database.close()

    def _take(self) -> list[tuple[int, Row]]:
        batch: list[tuple[int, Row]] = []
        while len(batch) < BATCH:
            try:
                batch.append(self._waiting.popleft())
            except IndexError:
                break
        return batch

    def _prune(self, keep: Keep, now: float) -> list[Written]:
        """In memory all that is too much; of a file a part, so that nobody waits for long."""
        self.behind = False
        try:
            more = self._opened().prune(keep, now)
            while more and self.path is None:
                more = self._opened().prune(keep, now)
        except StoreFailed as error:
            return [Written([], [], str(error))]
        self.behind = more
        return []

    def _reopened(self) -> Written:
        """Begin a new file where somebody has taken the old one away."""
        before, self._database = self._database, None
        try:
            if before is not None:
                before.close()
            self._opened()
        except StoreFailed as error:
            return Written([], [], str(error))
        return Written(
            [], [], f"{self.path} was removed or replaced: the activity goes on in the one that is there now"
        )

    def _write(self, batch: list[tuple[int, Row]]) -> Written:
        try:
            return self._opened().write(batch)
        except StoreFailed as error:
            return Written([], [id for id, _ in batch], str(error))

    def _opened(self) -> Database:
        if self._database is None:
            self._database = self._opener(self.path)
        return self._database
