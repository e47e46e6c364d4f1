"""One reload at a time, whatever becomes of it (W-17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.config.outcome import Applied, Outcome, Rejected
from llamaswap.config.schema import Settings
from llamaswap.errors import ConfigurationError, Problem, ShuttingDown
from llamaswap.ids import ModelId
from llamaswap.notices import Notice, Reloaded, ReloadFailed, ReloadStarted
from llamaswap.reload.reloader import Reloader

T = TypeVar("T")
NEWS = Difference((ModelId("a"), ModelId("b")), (), (ModelId("c"),))
NOTHING = Difference((), (), ())
WRONG = Problem("must be a number", "c.yaml", 3, 7, "models.m.ttl")


class ReloaderCase(SynchronousTestCase):
    """A reloader whose thread takes as long as the test wants, and finds what the test has written."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(7)
        self.threads: list[Deferred[None]] = []
        self.written = Settings(health_check_timeout=1)
        self.error: Exception | None = None
        """What reading raises."""
        self.refusal: Exception | None = None
        """What applying raises."""
        self.in_force = Settings()
        self.shown: list[Settings] = []
        self.applied: list[Settings] = []
        self.notices: list[Notice] = []
        self.listener: Callable[[Notice], None] = self.notices.append
        self.reloader = Reloader(
            self.read,
            self.apply,
            lambda: self.in_force,
            in_thread=self.in_thread,
            publish=self.publish,
            clock=self.clock,
        )

    def read(self, previous: Settings) -> Settings:
        self.shown.append(previous)
        if self.error is not None:
            raise self.error
        return self.written

    def apply(self, settings: Settings) -> Difference:
        if self.refusal is not None:
            raise self.refusal
        self.applied.append(settings)
        self.in_force = settings
        return NEWS

    def publish(self, notice: Notice) -> None:
        self.listener(notice)

    def in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        turn: Deferred[None] = Deferred()
        self.threads.append(turn)
        return turn.addCallback(lambda _: work())

    def finish(self) -> None:
        """The thread that reads comes to its end."""
        self.threads[-1].callback(None)

    def outcome(self, why: str = "test") -> Outcome:
        """What comes of a reload."""
        asked = self.reloader.reload(why)
        self.finish()
        return self.successResultOf(asked)

    def lines(self, why: str = "test") -> list[tuple[LogLevel, str]]:
        """What the log says of a reload."""
        with capturedLogs() as events:
            self.outcome(why)
        return [(event["log_level"], formatEvent(event)) for event in events]


class OutcomeTests(ReloaderCase):
    """What becomes of one reload."""

    def test_good(self) -> None:
        """Settings that differ are applied; the notices and whoever asked are told."""
        self.assertEqual(self.lines("SIGHUP"), [(LogLevel.info, "SIGHUP: reading the configuration again")])
        self.assertEqual(self.applied, [self.written])
        self.assertEqual(self.notices, [ReloadStarted("SIGHUP", 7), Reloaded(7)])

    def test_read_with_the_settings_in_force(self) -> None:
        """Reading is shown what is in force, so that models keep their ports."""
        self.outcome()
        self.outcome()
        self.assertEqual(self.shown, [Settings(), self.written])

    def test_warnings(self) -> None:
        """What the loader wants to be heard is heard."""
        self.written = Settings(health_check_timeout=1, warnings=("odd",))
        with capturedLogs() as events:
            self.assertEqual(self.outcome(), Applied(NEWS, ("odd",)))
        self.assertIn("odd", [formatEvent(event) for event in events])

    def test_unchanged(self) -> None:
        """Settings that are those in force are not applied, which the log says."""
        self.written = Settings(warnings=("odd",))
        self.assertIn((LogLevel.info, "the configuration says what it said before"), self.lines())
        self.assertEqual(self.outcome(), Applied(NOTHING, ("odd",)))
        self.assertEqual(self.applied, [])

    def test_s98_wrong(self) -> None:
        """S-98: a wrong file changes nothing; every problem is a warning with its place; a later reload is good."""
        missing = Problem("cannot be read", "d.yaml")
        self.error = ConfigurationError((WRONG, missing), (Problem("unknown key", "c.yaml", 1, 1, "modles"),))
        self.assertEqual(
            self.lines()[1:],
            [
                (LogLevel.warn, "c.yaml:1:1: modles: unknown key"),
                (LogLevel.warn, "the configuration stays as it was: c.yaml:3:7: models.m.ttl: must be a number"),
                (LogLevel.warn, "the configuration stays as it was: d.yaml: cannot be read"),
            ],
        )
        self.assertEqual(self.outcome(), Rejected((WRONG, missing), ("c.yaml:1:1: modles: unknown key",)))
        self.assertEqual((self.applied, self.notices[-1]), ([], ReloadFailed((WRONG, missing), 7)))
        self.error = None
        self.assertEqual(self.outcome(), Applied(NEWS, ()))

    def test_unreadable(self) -> None:
        """A system that fails is told in its words."""
        self.error = FileNotFoundError(2, "No such file or directory", "c.yaml")
        self.assertEqual(self.outcome(), Rejected((Problem("No such file or directory", "c.yaml"),), ()))
        self.error = OSError("strange")
        self.assertEqual(self.outcome(), Rejected((Problem("strange", ""),), ()))

    def test_cannot_be_applied(self) -> None:
        """Settings may be refused when they are applied, too."""
        self.refusal = ConfigurationError((WRONG,))
        self.assertEqual(self.outcome(), Rejected((WRONG,), ()))

    def test_bug(self) -> None:
        """An unexpected exception is logged and rejects the configuration; the next reload works."""
        for name in ("error", "refusal"):
            setattr(self, name, ZeroDivisionError())
            outcome = self.outcome()
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            assert isinstance(outcome, Rejected)
            self.assertEqual(str(outcome.problems[0]), "internal error; the server's log says more")
            setattr(self, name, None)
            self.assertIsInstance(self.outcome(), Applied)
            self.in_force = Settings()


class W17Tests(ReloaderCase):
    """Reloads that are asked for during another one."""

    def test_w17_one_more(self) -> None:
        """All who ask during a reload are answered by exactly one more, which begins after it."""
        first = self.reloader.reload("first")
        later = [self.reloader.reload(why) for why in ("SIGHUP", "files", "SIGHUP")]
        self.assertEqual(len(self.threads), 1)
        self.finish()
        self.assertEqual(self.successResultOf(first), Applied(NEWS, ()))
        for each in later:
            self.assertNoResult(each)
        self.assertEqual(len(self.threads), 2)
        self.error = ConfigurationError((WRONG,))
        self.finish()
        self.assertEqual({self.successResultOf(each) for each in later}, {Rejected((WRONG,), ())})
        self.assertEqual(len(self.threads), 2)
        started = [notice.why for notice in self.notices if isinstance(notice, ReloadStarted)]
        self.assertEqual(started, ["first", "SIGHUP, files"])

    def test_asked_by_who_was_answered(self) -> None:
        """Who asks again as soon as it is answered gets another reload."""
        again: list[Deferred[Outcome]] = []
        self.reloader.reload("first").addCallback(lambda _: again.append(self.reloader.reload("again")))
        self.finish()
        self.finish()
        self.assertEqual(self.successResultOf(again[0]), Applied(NOTHING, ()))

    def test_cancelled(self) -> None:
        """Who gives up waiting stops nothing, neither the reload that runs nor the one that is asked for."""
        waiting = [self.reloader.reload("first"), self.reloader.reload("second")]
        for each in waiting:
            each.cancel()
            self.failureResultOf(each, CancelledError)
        self.finish()
        self.assertEqual((len(self.applied), len(self.threads)), (1, 2))
        self.finish()
        self.assertEqual(self.shown[1], self.written)


class StopTests(ReloaderCase):
    """Reloading and the end of the server."""

    def test_w17_nothing_is_applied_after_the_end_has_begun(self) -> None:
        """A reload that waits for its thread is dropped, and everybody who waits is refused."""
        waiting = [self.reloader.reload("first"), self.reloader.reload("second")]
        self.reloader.stop()
        for each in waiting:
            self.failureResultOf(each, ShuttingDown)
        self.assertTrue(self.threads[0].called)
        self.assertEqual((self.shown, self.applied, len(self.threads)), ([], [], 1))

    def test_later_calls(self) -> None:
        """They are refused, and nothing is read; stopping twice is harmless."""
        self.reloader.stop()
        self.reloader.stop()
        self.failureResultOf(self.reloader.reload("late"), ShuttingDown)
        self.assertEqual(self.threads, [])

    def test_stopped_by_a_listener(self) -> None:
        """An end that begins as the reload is announced is an end all the same."""
        self.listener = lambda notice: self.reloader.stop()
        asked = self.reloader.reload("first")
        self.finish()
        self.failureResultOf(asked, ShuttingDown)
        self.assertEqual(self.applied, [])
