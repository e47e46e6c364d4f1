"""The activity store (http-api sections 14 and 15): requests that have ended, kept in the order in which they did.

What it promises on the reactor is cheap: `add` gives an id and remembers the row. A thread of its own writes what has
gathered, in one transaction, and answers what is asked; every answer includes all rows that were added before. So rows
for a database in memory need not be written before somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from llamaswap.metrics.database import Database
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.opening import Opener, open_database
from llamaswap.metrics.queries import Query
from llamaswap.metrics.row import Row
from llamaswap.metrics.shelf import Shelf
from llamaswap.metrics.storage import Keep, Page, Stats, StoreFailed, Unusable, Written
from llamaswap.threads import InThread

T = TypeVar("T")
GATHER = 0.1
"""Seconds in which rows become one batch."""
MOST_WAITING = 10_000
"""Rows that wait for a disk; the oldest of more are lost."""
LONGEST_CLOSE = 5.0
"""Seconds that the last rows may take to be written."""
PRUNE_EVERY = 60.0
"""Seconds between two looks at what a file may drop."""
COMPLAIN_EVERY = 10.0
"""Seconds between two warnings: a full disk stays full for a while."""


def ignore(id: int) -> None:
    """For whoever does not want to know."""


class _Asked(Generic[T]):
    """A question that is not asked any more once nobody waits for its answer: it may look at every row there is."""

    def __init__(self, question: Callable[[Database], T]) -> None:
        self._question = question
        self._forgotten = False

    def __call__(self, database: Database) -> T:
        """In the thread. Raises `CancelledError` if it was forgotten, which nobody hears."""
        if self._forgotten:
            raise CancelledError
        return self._question(database)

    def forget(self, failure: Failure) -> Failure:
        """Cancelled, or over with this `failure`."""
        self._forgotten = True
        return failure


class ActivityStore:
    """The rows in the file `path`, or in memory.

    `in_thread` does one work after the other. `stored` is told, in the reactor, of every id that can be read from now
    on, and `lost` of every id whose row cannot be stored, or had to take another.
    """

    _log = Logger()

    def __init__(
        self,
        path: str | None,
        keep: Keep,
        in_thread: InThread,
        clock: IReactorTime,
        *,
        stored: Callable[[int], None] = ignore,
        lost: Callable[[int], None] = ignore,
        opener: Opener = open_database,
    ) -> None:
        self.path = path
        self._keep = keep
        self._in_thread = in_thread
        self._clock = clock
        self._stored = stored
        self._lost = lost
        self._opener = opener
        self._shelf = Shelf(None, opener)
        self._last_id = self._told = 0
        self._timer: IDelayedCall | None = None
        self._looking: LoopingCall | None = None
        self._overflowing = False
        self._prune_at = 0.0
        self._complain_at = 0.0
        self._closed = False

    # -- the beginning, changes, the end -----------------------------------------------------------------------------

    def start(self) -> None:
        """Open the file, if there is one: ids go on where it ends. Blocks. Raises `StoreFailed`."""
        self._use(self.open(self.path))

    def open(self, path: str | None) -> Shelf:
        """Open what can be moved to. Blocks for a file; any thread may do it. Raises `StoreFailed`."""
        try:
            return Shelf(path, self._opener)
        except StoreFailed as error:
            remedy = "; move it away, and a new one is made, or name another" if isinstance(error, Unusable) else ""
            raise StoreFailed(f"{path} cannot be opened: {error}{remedy}") from error

    def move(self, shelf: Shelf, keep: Keep) -> None:
        """Keep rows on `shelf` from now on, and count as it does; what was added before goes where it belonged."""
        self.write()
        if self._shelf.opened or self._shelf.claimed:
            self._in_thread(self._shelf.close).addErrback(self._failed)
        self.path, self._keep = shelf.path, keep
        self._use(shelf)

    def keep(self, keep: Keep) -> None:
        """Keep so much from now on."""
        if keep != self._keep:
            self._keep = keep
            while self.path is None and self._shelf.waiting > self._room:
                self._shelf.drop()
            self._prune()
            self._look_later()

    def close(self) -> Deferred[None]:
        """Fires when every row is written, or could not be in `LONGEST_CLOSE` seconds. Nothing is taken any more."""
        if self._closed:
            return succeed(None)
        self.write()
        self._closed = True
        self._look_later()
        if not self._shelf.opened and not self._shelf.claimed:
            return succeed(None)
        closing = self._in_thread(self._shelf.close)
        return closing.addTimeout(LONGEST_CLOSE, self._clock).addErrback(self._failed)

    # -- rows --------------------------------------------------------------------------------------------------------

    def add(self, row: Row) -> int:
        """The id of the row, which can be read a little later. Never blocks, and never fails."""
        self._last_id = id = self._last_id + 1
        if self._closed:
            return id
        waiting = self._shelf.add(id, row)
        if self._timer is None:
            self._timer = self._clock.callLater(GATHER, self._gathered)
        if waiting > self._room:
            self._overflow()
        return id

    def write(self) -> None:
        """Have the thread write what waits: for whoever knows that nothing more comes soon."""
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        self._tell()
        if self._shelf.waiting and not self._closed:
            self._put()

    def page(self, query: Query) -> Deferred[Page]:
        """One page. Fails with `StoreFailed`; cancelling forgets the answer. The same holds for the other questions."""
        return self._ask(lambda database: database.page(query))

    def stats(self, filter: Filter) -> Deferred[Stats]:
        """Sums and rates of the rows that the filter lets through."""
        return self._ask(lambda database: database.stats(filter))

    def part(self, filter: Filter, after: int | None, limit: int, *, descending: bool) -> Deferred[list[Row]]:
        """The next rows behind the one with the id `after`, by id: all of them part by part, however many."""
        return self._ask(lambda database: database.part(filter, after, limit, descending=descending))

    # -- within ------------------------------------------------------------------------------------------------------

    def _use(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._last_id = self._told = shelf.last_id
        self._prune_at = 0.0
        self._look_later()

    def _ask(self, question: Callable[[Database], T]) -> Deferred[T]:
        self.write()
        asked = _Asked(question)
        answer = self._in_thread(partial(self._shelf.ask, asked))
        return answer.addErrback(asked.forget)

    def _put(self) -> None:
        """Once for all that is added before the thread comes to it."""
        shelf = self._shelf
        if not shelf.claimed:
            shelf.claimed = True
            work = partial(shelf.put, self._due(), self._clock.seconds())
            self._in_thread(work).addCallback(self._written, shelf).addErrback(self._failed)

    def _prune(self) -> None:
        """Remove what is too much now, if there can be anything."""
        self._prune_at = 0.0
        if self._shelf.opened and not self._closed:
            self._put()

    def _look_later(self) -> None:
        """Rows of a file grow old while nothing is written, too."""
        if self._looking is not None:
            self._looking.stop()
            self._looking = None
        if self.path is not None and self._keep.seconds and not self._closed:
            self._looking = LoopingCall(self._prune)
            self._looking.clock = self._clock
            self._looking.start(PRUNE_EVERY, now=False)

    def _due(self) -> Keep | None:
        """What is kept, if it is time to look for more than that: in memory always, in a file now and then."""
        now = self._clock.seconds()
        if self.path is not None and now < self._prune_at:
            return None
        self._prune_at = now + PRUNE_EVERY
        return self._keep

    def _gathered(self) -> None:
        if self.path is None:
            self._timer = None
            self._tell()
        else:
            self.write()

    def _tell(self) -> None:
        """Of what can be read although it was not written."""
        if self.path is None:
            told, self._told = self._told, self._last_id
            for id in range(told + 1, self._last_id + 1):
                self._stored(id)

    @property
    def _room(self) -> int:
        """For rows that wait: what is kept in memory, and for a file what a slow disk may need."""
        return self._keep.rows if self.path is None and self._keep.rows else MOST_WAITING

    def _overflow(self) -> None:
        if self.path is None:  # nobody has asked for it, and nobody can any more
            self._shelf.drop()
            return
        id = self._shelf.drop()
        if id is not None:
            self._lost(id)
        if not self._overflowing:
            self._overflowing = True
            self._log.warn("the activity cannot be written as fast as it comes: the oldest rows that wait are lost")

    def _written(self, done: list[Written], shelf: Shelf) -> None:
        self._overflowing = False
        if shelf is self._shelf:  # its file may have another writer
            self._last_id = max(self._last_id, shelf.last_id)
            if shelf.behind:
                self._prune()
        for stored, lost, why in done:
            if why:
                self._complain(why, len(lost))
            for id in lost:
                self._lost(id)
            for id in stored if shelf.path is not None else ():
                self._stored(id)

    def _complain(self, why: str, lost: int) -> None:
        now = self._clock.seconds()
        if now >= self._complain_at:
            self._complain_at = now + COMPLAIN_EVERY
            what = f"{lost} rows cannot be stored: " if lost else ""
            self._log.warn("the activity store: {what}{why}", what=what, why=why)

    def _failed(self, failure: Failure) -> None:
        if failure.check(TimeoutError):
            self._log.warn("the last rows of the activity take too long to be written: they may be lost")
        elif failure.check(StoreFailed):
            self._log.warn("the activity store: {why}", why=failure.getErrorMessage())
        elif not failure.check(CancelledError):
            self._log.failure("the activity store has failed", failure)
