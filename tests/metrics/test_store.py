"""The store on the reactor: ids at once, rows in batches, answers that include what was added before."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.metrics.database import Database
from llamaswap.metrics.filter import Filter
from llamaswap.metrics.opening import open_database
from llamaswap.metrics.queries import Query
from llamaswap.metrics.storage import Keep, Page, StoreFailed, Written
from llamaswap.metrics.store import COMPLAIN_EVERY, GATHER, LONGEST_CLOSE, MOST_WAITING, PRUNE_EVERY, ActivityStore
from tests.support.activity import WHEN, LaterThread, row
from tests.support.folders import folder_for


class Opener:
    """Opens real databases, whose writing fails when a test says so."""

    def __init__(self) -> None:
        self.opened: list[str | None] = []
        self.fault = self.prune_fault = ""
        self.batches: list[int] = []

    def __call__(self, path: str | None) -> Database:
        if self.fault:
            raise StoreFailed(self.fault)
        self.opened.append(path)
        database = open_database(path)
        database.write = partial(self._write, database.write)  # type: ignore[method-assign]
        database.prune = partial(self._prune, database.prune)  # type: ignore[method-assign]
        return database

    def _prune(self, prune: Any, *how: Any) -> Any:
        if self.prune_fault:
            raise StoreFailed(self.prune_fault)
        return prune(*how)

    def _write(self, write: Any, rows: Any) -> Written:
        self.batches.append(len(rows))
        return Written([], [id for id, _ in rows], self.fault) if self.fault else write(rows)


class StoreCase(SynchronousTestCase):
    """A store whose thread works when the test says so."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(WHEN)
        self.thread = LaterThread()
        self.opener = Opener()
        self.heard: list[int] = []
        self.lost: list[int] = []
        self.store = self.make()
        self.store.start()

    def make(self, path: str | None = None, keep: Keep = Keep(rows=1000)) -> ActivityStore:  # noqa: B008
        told = {"stored": self.heard.append, "lost": self.lost.append}
        return ActivityStore(path, keep, self.thread, self.clock, opener=self.opener, **told)

    def add(self, count: int = 1) -> list[int]:
        return [self.store.add(row()) for _ in range(count)]

    def settle(self) -> None:
        """What was added is written."""
        self.clock.advance(GATHER)
        self.thread.run()

    def ids(self, **query: Any) -> list[int]:
        answer = self.store.page(Query(**query))
        self.thread.run()
        return [each.id for each in self.successResultOf(answer).rows]


class AddTests(StoreCase):
    """In a file."""

    def setUp(self) -> None:
        super().setUp()
        self.path = str(folder_for(self) / "a.db")
        self.store = self.make(self.path, Keep())
        self.store.start()
        self.addCleanup(self.store.close)

    def test_batches(self) -> None:
        """Ids come at once; all rows of a tenth of a second are one batch, told in order when they can be read."""
        self.assertEqual(self.add(3), [1, 2, 3])
        self.assertEqual((self.thread.busy, self.opener.batches), (0, []))
        self.clock.advance(GATHER)
        self.assertEqual((self.thread.busy, self.heard), (1, []))
        self.thread.run()
        self.assertEqual((self.opener.batches, self.heard, self.lost), ([3], [1, 2, 3], []))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_was_added_is_read(self) -> None:
        """At once, also while the thread is busy with what came before; the timer has nothing left to do."""
        self.add()
        self.clock.advance(GATHER)
        self.add()
        answer = self.store.part(Filter(), None, 9, descending=True)
        self.add()
        self.thread.run()
        self.assertEqual([each.id for each in self.successResultOf(answer)], [3, 2, 1])
        self.settle()
        self.assertEqual(self.heard, [1, 2, 3])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_write_at_a_time(self) -> None:
        """While a disk stalls no work piles up."""
        for _ in range(5):
            self.add()
            self.clock.advance(GATHER)
        self.assertEqual(self.thread.busy, 1)
        self.thread.run()
        self.assertEqual(self.heard, [1, 2, 3, 4, 5])

    def test_a_stalled_disk(self) -> None:
        """So many rows wait, the oldest of more are lost; one warning says so, until the disk is back."""
        with capturedLogs() as events:
            self.add(MOST_WAITING + 2)
            self.settle()
            self.add(MOST_WAITING + 1)
        self.assertEqual(self.lost, [1, 2, MOST_WAITING + 3])
        self.assertEqual(len(self.heard), MOST_WAITING)
        said = [formatEvent(event) for event in events]
        self.assertEqual(
            said, ["the activity cannot be written as fast as it comes: the oldest rows that wait are lost"] * 2
        )
        self.assertLessEqual(max(self.opener.batches), 1000)
        self.settle()

    def test_a_failing_batch(self) -> None:
        """No row, no event, a warning now and then; the next batch is tried anew, with ids of its own."""
        with capturedLogs() as events:
            for fault in ("database or disk is full", "database or disk is full", ""):
                self.add(2)
                self.opener.fault = fault
                self.settle()
        self.assertEqual((self.heard, self.lost, self.ids()), ([5, 6], [1, 2, 3, 4], [6, 5]))
        said = "the activity store: 2 rows cannot be stored: database or disk is full"
        self.assertEqual([formatEvent(event) for event in events], [said])
        self.clock.advance(COMPLAIN_EVERY)
        self.opener.fault = "locked"
        with capturedLogs() as events:
            self.add()
            self.settle()
        self.assertEqual(formatEvent(events[0]), "the activity store: 1 rows cannot be stored: locked")

    def test_what_nobody_expects(self) -> None:
        """A bug is a line of the log with its traceback, and the next batch is written."""
        told: dict[int, None] = {}
        self.store._stored = told.__getitem__
        self.add()
        self.settle()
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(self.ids(), [1])


class MemoryTests(StoreCase):
    """Without a file."""

    def test_nothing_costs_nothing(self) -> None:
        """A store that is not used opens nothing, begins no thread and sets no timer, whatever is configured."""
        self.store.keep(Keep(rows=5))
        self.successResultOf(self.store.close())
        self.assertEqual((self.opener.opened, self.thread.busy, self.clock.getDelayedCalls()), ([], 0, []))

    def test_rows_wait_until_somebody_asks(self) -> None:
        """They are told of a tenth of a second after the first, since whoever asks is told them too."""
        self.add(3)
        self.clock.advance(GATHER)
        self.assertEqual((self.heard, self.opener.opened, self.thread.busy), ([1, 2, 3], [], 0))
        self.add()
        self.assertEqual(self.ids(), [4, 3, 2, 1])
        self.assertEqual((self.heard, self.clock.getDelayedCalls()), ([1, 2, 3, 4], []))

    def test_no_more_wait_than_are_kept(self) -> None:
        """The others are gone before they are written, which is no loss."""
        self.store.keep(Keep(rows=3))
        self.add(10)
        self.clock.advance(GATHER)
        self.assertEqual((self.ids(), self.opener.batches, self.lost), ([10, 9, 8], [3], []))
        self.assertEqual(self.heard, list(range(1, 11)))

    def test_questions_of_who_is_gone(self) -> None:
        """Are not asked when their turn comes; what had been added before is written all the same."""
        asked: list[Query] = []
        answer = Database.page

        def page(database: Database, query: Query) -> Page:
            asked.append(query)
            return answer(database, query)

        self.patch(Database, "page", page)
        self.add()
        gone = [self.store.page(Query(filter=Filter(text="x"))) for _ in range(20)]
        stays = self.store.page(Query())
        for question in gone:
            question.cancel()
            self.failureResultOf(question, CancelledError)
        self.thread.run()
        self.assertEqual((self.successResultOf(stays).total, asked), (1, [Query()]))

    def test_questions_that_fail(self) -> None:
        """They say so, and the store goes on."""
        self.opener.fault = "no memory"
        for ask in (lambda: self.store.page(Query()), lambda: self.store.stats(Filter())):
            answer = ask()
            self.thread.run()
            self.failureResultOf(answer, StoreFailed)
        self.opener.fault = ""
        self.assertEqual(self.ids(), [])


class KeepTests(StoreCase):
    def test_probe_111_newest_in_memory(self) -> None:
        """After every batch, and at once when less is to be kept; ids go on."""
        self.store.keep(Keep(rows=3))
        self.add(5)
        self.assertEqual(self.ids(), [5, 4, 3])
        self.store.keep(Keep(rows=1))
        self.thread.run()
        self.assertEqual(self.ids(), [5])
        self.assertEqual(self.add(), [6])
        self.assertEqual(self.ids(), [6])

    def test_probe_83_a_file_keeps_all(self) -> None:
        """Unless it is told otherwise; then now and then, not with every batch."""
        self.store = self.make(str(folder_for(self) / "a.db"), Keep())
        self.store.start()
        self.add(8)
        self.assertEqual(len(self.ids()), 8)
        self.store.keep(Keep(rows=2))
        self.thread.run()
        self.assertEqual(self.ids(), [8, 7])
        self.add(3)
        self.assertEqual(len(self.ids()), 5)
        self.clock.advance(PRUNE_EVERY)
        self.add()
        self.assertEqual(self.ids(), [12, 11])
        self.successResultOf(self.closed())

    def test_a_file_keeps_up(self) -> None:
        """However much comes in a minute: what is too much goes, in parts between which others are answered."""
        self.store = self.make(str(folder_for(self) / "a.db"), Keep(rows=1000))
        self.store.start()
        for _ in range(4):
            self.clock.advance(PRUNE_EVERY)
            for _ in range(6 + 5):
                self.add(1000)
                self.settle()
        self.assertLess(self.total(), 13_000)
        self.clock.advance(PRUNE_EVERY)
        self.add(1)
        self.settle()
        self.assertEqual(self.total(), 1000)

    def test_a_file_forgets_while_nothing_comes(self) -> None:
        """`store.maxAge` holds on an idle server, and without it nothing is looked at."""
        self.store = self.make(str(folder_for(self) / "a.db"), Keep(seconds=3600.0))
        self.store.start()
        self.store.add(row("m", WHEN))
        self.settle()
        self.pass_minutes(59)
        self.assertEqual(self.total(), 1)
        self.pass_minutes(2)
        self.assertEqual(self.total(), 0)
        self.store.keep(Keep(rows=5))
        self.thread.run()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.store.keep(Keep(seconds=3600.0))
        self.successResultOf(self.closed())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_smaller_limit_in_memory(self) -> None:
        """Holds at once, whether rows were read before or still wait for that."""
        for ask in (True, False):
            self.setUp()
            self.store.keep(Keep(rows=100_000))
            self.add(8000)
            if ask:
                self.assertEqual(self.total(), 8000)
            self.store.keep(Keep(rows=1000))
            self.assertEqual(self.store._shelf.waiting, 0 if ask else 1000)
            self.thread.run()
            self.assertEqual(self.total(), 1000)

    def test_a_disk_that_fails_is_not_hammered(self) -> None:
        """What could not be removed is tried again in a while."""
        self.store = self.make(str(folder_for(self) / "a.db"), Keep(rows=1000))
        self.store.start()
        self.add(7000)
        self.opener.prune_fault = "disk full"
        self.clock.advance(PRUNE_EVERY)
        self.add(1)
        self.settle()
        self.assertEqual(self.thread.busy, 0)
        self.opener.prune_fault = ""
        self.clock.advance(PRUNE_EVERY)
        self.add(1)
        self.settle()
        self.assertEqual(self.total(), 1000)

    def pass_minutes(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(PRUNE_EVERY)
            self.thread.run()

    def total(self) -> int:
        answer = self.store.page(Query())
        self.thread.run()
        return self.successResultOf(answer).total

    def closed(self) -> Any:
        closing = self.store.close()
        self.thread.run()
        return closing


class FileTests(StoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = folder_for(self)
        self.path = str(self.folder / "a.db")

    def started(self, path: str) -> ActivityStore:
        store = self.make(path, Keep())
        store.start()
        return store

    def close(self) -> None:
        closing = self.store.close()
        self.thread.run()
        self.successResultOf(closing)

    def test_probe_83_ids_go_on(self) -> None:
        """After a restart, too; the end writes what waits."""
        self.store = self.started(self.path)
        self.add(8)
        self.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.store = self.started(self.path)
        self.assertEqual(self.add(), [9])
        self.assertEqual(self.ids(), [9, 8, 7, 6, 5, 4, 3, 2, 1])
        self.close()

    def test_after_the_end(self) -> None:
        """Rows that come too late are not taken; ending twice is harmless."""
        self.store = self.started(self.path)
        self.close()
        self.close()
        self.add()
        self.assertEqual((self.clock.getDelayedCalls(), self.thread.busy), ([], 0))

    def test_an_end_that_takes_too_long(self) -> None:
        """It is given up, with a warning."""
        self.store = self.started(self.path)
        self.add()
        closing = self.store.close()
        with capturedLogs() as events:
            self.clock.advance(LONGEST_CLOSE)
        self.successResultOf(closing)
        self.assertIn("they may be lost", formatEvent(events[0]))
        self.thread.run()

    def test_a_file_that_cannot_be_opened(self) -> None:
        """The store does not start."""
        (self.folder / "a.db").mkdir()
        with self.assertRaisesRegex(StoreFailed, f"{self.path} cannot be opened: unable to open"):
            self.started(self.path)

    def test_move(self) -> None:
        """What was added before goes where it belonged, and ids are those of the new place."""
        other = self.started(str(self.folder / "b.db"))
        for _ in range(4):
            other.add(row("b"))
        other.close()
        self.thread.run()
        self.heard.clear()
        self.store = self.started(self.path)
        self.add(2)
        self.store.move(self.store.open(str(self.folder / "b.db")), Keep())
        self.assertEqual(self.add(), [5])
        self.assertEqual(self.ids(), [5, 4, 3, 2, 1])
        self.assertEqual(self.heard, [1, 2, 5])
        self.store.move(self.store.open(self.path), Keep(rows=1))
        self.assertEqual(self.ids(), [2, 1])
        self.close()

    def test_move_from_memory(self) -> None:
        """Memory is forgotten, whether it was ever used or not."""
        for count in (0, 2):
            self.store = self.make()
            self.store.start()
            self.add(count)
            self.store.move(self.store.open(self.path), Keep())
            self.assertEqual((self.ids(), self.store.path), ([], self.path))
            self.close()

    def test_a_file_that_is_taken_away(self) -> None:
        """Another is begun, with a warning, and ids go on."""
        self.store = self.started(self.path)
        self.add(2)
        self.settle()
        for name in list(self.folder.iterdir()):
            name.unlink()
        with capturedLogs() as events:
            self.add()
            self.settle()
        self.assertEqual((self.heard, self.lost, self.ids()), ([1, 2, 3], [], [3]))
        self.assertIn("a.db was removed or replaced: the activity goes on", formatEvent(events[0]))
        self.folder.joinpath("a.db").unlink()
        self.opener.fault = "no room"
        self.add()
        self.settle()
        self.opener.fault = ""
        self.assertEqual((self.add(), self.lost, self.ids()), ([5], [4], [5]))
        self.close()

    def test_a_second_writer(self) -> None:
        """Two servers on one file: every row is stored once, under an id that is told."""
        self.store, other = self.started(self.path), self.started(self.path)
        self.add(2)
        self.settle()
        theirs = other.add(row("other"))
        self.settle()
        self.assertEqual((theirs, self.lost, self.heard), (1, [1], [1, 2, 3]))
        self.assertEqual((other.add(row("other")), self.ids()), (4, [3, 2, 1]))
        other.close()
        self.close()
