"""Edits: one at a time, never half of one, whoever waits for them. Real files; threads end when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.difference import Difference
from llamaswap.config.files import Files
from llamaswap.config.originals import Originals
from llamaswap.config.outcome import Applied, Outcome, Rejected, Saved
from llamaswap.config.rewriting import digest
from llamaswap.errors import FileChanged, ShuttingDown
from llamaswap.reload.desk import Desk
from tests.support.folders import folder_for

OLD, NEW, NEWER = "logLevel: warn\n", "logLevel: error\n", "logLevel: debug\n"
SAME = Applied(Difference((), (), ()), ())


class DeskTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "config.yaml"
        self.path.write_text(OLD)
        files = Files(str(self.path))
        self.settings = files.load()
        self.works: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.reloads: list[str] = []
        self.outcome: Deferred[Outcome] = succeed(SAME)
        originals = Originals(files)
        (facts,) = originals.facts()
        self.file = facts.id
        self.desk = Desk(originals, files.load, lambda: self.settings, self.reload, self.in_thread)

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.works.append((work, done))
        return done

    def reload(self, why: str) -> Deferred[Outcome]:
        self.reloads.append(why)
        return self.outcome

    def work(self) -> None:
        """The thread does what is next."""
        work, done = self.works.pop(0)
        try:
            done.callback(work())
        except Exception:
            done.errback(Failure())

    def save(self, text: str, of: str = OLD) -> Deferred[Saved | Rejected]:
        return self.desk.save(self.file, text, digest(of.encode()), "boss")

    def test_saved(self) -> None:
        """It is written, read again, and the answer has what came of that."""
        saving = self.save(NEW)
        self.assertNoResult(saving)
        self.work()
        self.assertEqual(self.successResultOf(saving), Saved(digest(NEW.encode()), SAME))
        self.assertEqual((self.path.read_text(), self.reloads), (NEW, ["edited with the API key boss"]))

    def test_one_at_a_time(self) -> None:
        """The next one begins when all of the first is over, the reload too; it is told that it came too late."""
        self.outcome = Deferred()
        first, second = self.save(NEW), self.save(NEWER)
        self.work()
        self.assertEqual((self.works, len(self.reloads)), ([], 1))
        self.outcome.callback(SAME)
        self.successResultOf(first)
        self.work()
        self.failureResultOf(second, FileChanged)
        self.assertEqual(self.path.read_text(), NEW)

    def test_client_that_hangs_up(self) -> None:
        """What it has begun is written and read nevertheless; the next one finds the desk free."""
        saving = self.save(NEW)
        saving.cancel()
        self.failureResultOf(saving, CancelledError)
        self.work()
        self.assertEqual((self.path.read_text(), len(self.reloads)), (NEW, 1))
        following = self.save(NEWER, of=NEW)
        self.work()
        self.successResultOf(following)

    def test_no_good(self) -> None:
        """Nothing is written, and nothing read."""
        saving = self.save("ui: 3\n")
        self.work()
        self.assertIsInstance(self.successResultOf(saving), Rejected)
        self.assertEqual((self.path.read_text(), self.reloads), (OLD, []))

    def test_server_that_ends(self) -> None:
        """The refusal of the reload is the answer; the text is written."""
        self.outcome = Deferred()
        saving = self.save(NEW)
        self.work()
        self.outcome.errback(ShuttingDown("the server is shutting down"))
        self.failureResultOf(saving, ShuttingDown)
        self.assertEqual(self.path.read_text(), NEW)
