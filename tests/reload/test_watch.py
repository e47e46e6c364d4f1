"""When files are looked at and when a change is told, on a fake clock with fake notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.reload.snapshot import Look, Mark, Place
from llamaswap.reload.watch import POLL, SETTLE, SLOW_POLL, CannotNotify, Notifier, Watch

T = TypeVar("T")
HERE, THERE = (Place(path, 1, inode) for inode, path in enumerate(("/here", "/there")))


def seen(content: int | None, *places: Place) -> Look:
    """A file with this content, or none."""
    return Look(None if content is None else Mark(content, 0, 0, 0), {}, frozenset(places or (HERE,)))


class FakeNotifier:
    """Remembers where it listens; the test makes the notices."""

    def __init__(self, told: Callable[[], None]) -> None:
        self.told = told
        self.places: list[set[Place]] = []
        self.closed = False
        self.broken = False

    def watch(self, places: Iterable[Place]) -> None:
        if self.broken:
            raise CannotNotify("no space left")
        self.places.append(set(places))

    def close(self) -> None:
        self.closed = True


def no_notices(told: Callable[[], None]) -> Notifier:
    """As on a system that has none."""
    raise CannotNotify("nothing here")


class WatchCase(SynchronousTestCase):
    """A service that is shown what the test likes, in threads that take as long as the test wants."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.shown = seen(1)
        self.error: Exception | None = None
        self.looks = 0
        self.changes = 0
        self.when_changed: Callable[[], object] = lambda: None
        self.slow = False
        self.threads: list[Deferred[None]] = []
        """With `slow`, what a thread would run waits here until the test fires it."""
        self.notifiers: list[FakeNotifier] = []
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def start(self, notify: Callable[[Callable[[], None]], Notifier] | None = None) -> Watch:
        watch = Watch(
            self.look, seen(1), self.changed, clock=self.clock, in_thread=self.in_thread, notify=notify or self.notify
        )
        watch.startService()
        self.addCleanup(watch.stopService)
        return watch

    def look(self) -> Look:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return self.shown

    def changed(self) -> None:
        self.changes += 1
        self.when_changed()

    def in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        if not self.slow:
            return execute(work)
        turn: Deferred[None] = Deferred()
        self.threads.append(turn)
        return turn.addCallback(lambda _: work())

    def notify(self, told: Callable[[], None]) -> Notifier:
        self.notifiers.append(FakeNotifier(told))
        return self.notifiers[-1]

    def show(self, shown: Look) -> None:
        """Let it be seen once."""
        self.shown, before = shown, self.looks
        while self.looks == before:
            self.advance(0.05)

    def advance(self, seconds: float) -> None:
        """Time passes in small steps."""
        self.clock.pump([0.05] * round(seconds / 0.05))


class PollingTests(WatchCase):
    """Where the system tells nothing."""

    def test_s100_baseline(self) -> None:
        """Files that are as they were when they were read are no change, however long that lasts."""
        self.start(no_notices)
        self.advance(20)
        self.assertEqual((self.changes, self.looks > 8), (0, True))

    def test_change_since_the_files_were_read(self) -> None:
        """What happened between reading the files and the start of the service is not missed."""
        self.shown = seen(2)
        self.start(no_notices)
        self.advance(1)
        self.assertEqual(self.changes, 1)

    def test_told_once_it_has_settled(self) -> None:
        """A change is told when two looks in a row have seen it, and once."""
        self.start(no_notices)
        self.advance(1)
        self.show(seen(2))
        self.assertEqual(self.changes, 0)
        self.advance(SETTLE + 0.05)
        self.assertEqual(self.changes, 1)
        self.assertLessEqual(self.clock.seconds(), 1 + POLL + 2 * SETTLE)
        self.advance(20)
        self.assertEqual(self.changes, 1)

    def test_w17_half_written_files_are_not_tried(self) -> None:
        """While a file changes from look to look nothing is told; then one change."""
        self.start(no_notices)
        for content in range(2, 30):
            self.shown = seen(content)
            self.advance(SETTLE)
        self.assertEqual(self.changes, 0)
        self.advance(POLL)
        self.assertEqual(self.changes, 1)

    def test_changed_and_back(self) -> None:
        """A file that is as it was when things have settled has not changed."""
        self.start(no_notices)
        self.show(seen(2))
        self.shown = seen(1)
        self.advance(20)
        self.assertEqual(self.changes, 0)

    def test_s100_disappearance(self) -> None:
        """A file that is gone for longer is no change, its return is one."""
        self.start(no_notices)
        self.shown = seen(None)
        self.advance(20)
        self.assertEqual(self.changes, 0)
        self.shown = seen(1)
        self.advance(20)
        self.assertEqual(self.changes, 1)

    def test_swapped_by_two_steps(self) -> None:
        """A file that is removed and written anew, faster than things settle, is one change."""
        self.start(no_notices)
        self.show(seen(None))
        self.shown = seen(2)
        self.advance(20)
        self.assertEqual(self.changes, 1)


class NoticeTests(WatchCase):
    """Where the system tells what happens."""

    def setUp(self) -> None:
        super().setUp()
        self.start()
        self.advance(1)
        (self.notifier,) = self.notifiers

    def test_baseline(self) -> None:
        """The places are listened at before the look that counts, and nothing is told."""
        self.assertEqual((self.notifier.places, self.looks, self.changes), ([{HERE}], 2, 0))

    def test_quick(self) -> None:
        """A change is told as soon as it has settled."""
        self.shown = seen(2)
        self.notifier.told()
        self.assertEqual(self.changes, 0)
        self.advance(SETTLE)
        self.assertEqual(self.changes, 1)

    def test_notices_about_nothing(self) -> None:
        """However many there are, the files are looked at every 0.2 seconds at most, and nothing is told."""
        before = self.looks
        for _ in range(200):
            self.notifier.told()
            self.clock.advance(0.01)
        self.assertLessEqual(self.looks - before, 2 / SETTLE + 2)
        self.assertEqual(self.changes, 0)

    def test_change_amid_notices(self) -> None:
        """A change is told although the directory never comes to rest."""
        self.shown = seen(2)
        for _ in range(50):
            self.notifier.told()
            self.clock.advance(0.01)
        self.assertEqual(self.changes, 1)

    def test_notice_during_a_look(self) -> None:
        """What happens while a thread looks is looked at again."""
        self.slow = True
        self.notifier.told()
        (turn,) = self.threads
        self.notifier.told()
        turn.callback(None)
        self.advance(SETTLE)
        self.assertEqual(len(self.threads), 2)

    def test_slow_poll(self) -> None:
        """A change that nobody tells of, on a network file system, is found all the same."""
        self.shown = seen(2)
        self.advance(SLOW_POLL)
        self.assertEqual(self.changes, 1)

    def test_places_follow_the_links(self) -> None:
        """When the way to the files has changed, the new places are listened at, then looked at once more."""
        self.shown = seen(1, HERE, THERE)
        self.notifier.told()
        self.advance(1)
        self.assertEqual(self.notifier.places, [{HERE}, {HERE, THERE}])
        self.assertEqual(self.changes, 0)

    def test_breaks_down(self) -> None:
        """When the system's limits are reached the files are looked at every 2 seconds, which one line says."""
        self.notifier.broken = True
        self.shown = seen(2, THERE)
        with capturedLogs() as events:
            self.notifier.told()
            self.advance(1)
            self.assertEqual((self.changes, self.notifier.closed), (1, True))
            self.shown = seen(3, HERE)
            self.advance(POLL + 1)
        self.assertEqual(self.changes, 2)
        (event,) = events
        self.assertIn("no space left", event["why"])
        self.assertEqual(event["log_level"], LogLevel.info)


class EndTests(WatchCase):
    """`stopService`."""

    def test_while_waiting(self) -> None:
        """Nothing is left: no timer, no notices, no look."""
        watch = self.start()
        self.advance(1)
        watch.stopService()
        self.assertEqual((self.clock.getDelayedCalls(), self.notifiers[0].closed), ([], True))
        self.notifiers[0].told()
        self.assertEqual(self.looks, 2)

    def test_while_settling(self) -> None:
        """A change that has not settled is forgotten."""
        watch = self.start(no_notices)
        self.show(seen(2))
        watch.stopService()
        self.assertEqual((self.changes, self.clock.getDelayedCalls()), (0, []))

    def test_while_a_thread_looks(self) -> None:
        """Nobody waits for a thread that may hang in a dead file system."""
        self.slow = True
        watch = self.start()
        self.advance(1)
        watch.stopService()
        self.assertTrue(self.threads[0].called)
        self.assertEqual(self.looks, 0)

    def test_amid_the_change(self) -> None:
        """Whoever is told of a change may end the service at once."""
        watch = self.start(no_notices)
        self.when_changed = watch.stopService
        self.shown = seen(2)
        self.advance(20)
        self.assertEqual((self.changes, self.looks), (1, 2))

    def test_failure(self) -> None:
        """Should looking fail after all, that is logged, and the notices end."""
        self.error = ZeroDivisionError()
        self.start()
        self.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.notifiers[0].closed)
