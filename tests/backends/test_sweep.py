"""Killing what a crashed server left, and nothing else (W-24), in a system in memory."""

from __future__ import annotations

import json
import os

from llamaswap.backends.processes import Seen
from llamaswap.backends.sweep import log_sweep, sweep
from llamaswap.ids import ModelId
from tests.backends.test_journal import JournalCase
from tests.support.fake_system import FakeProcess


class SweepTests(JournalCase):
    """Whose processes may be killed?"""

    def setUp(self) -> None:
        super().setUp()
        self.journal = self.journal_in(self.place)
        self.mark = self.journal.mark()
        self.journal.born(self.mark, ModelId("llama"), 200, 300)

    def crash(self, **server: object) -> None:
        """Let the journal's server be one that is gone."""
        (path,) = self.place.iterdir()
        content = json.loads(path.read_text())
        content["server"] |= {"pid": 150, "started": 78} | server
        path.write_text(json.dumps(content))

    def add(self, pid: int, mark: str, *, started: int = 300, session: int = 200) -> FakeProcess:
        return self.system.add(FakeProcess(self.system, Seen(pid, started, session, session, mark)))

    def test_all_that_carry_the_mark_are_killed(self) -> None:
        """The leader, its descendants, those that moved to another session; the journal is deleted."""
        processes = [self.add(200, self.mark), self.add(201, self.mark), self.add(202, self.mark, session=202)]
        self.crash()
        swept = sweep([self.place], self.system)
        self.assertEqual([process.received for process in processes], [[9]] * 3)
        self.assertEqual(len(swept.killed), 3)
        self.assertIn("process 200 of llama", swept.killed)
        self.assertEqual((swept.problems, list(self.place.iterdir())), ([], []))
        log_sweep(swept)

    def test_a_server_that_lives_keeps_its_children_and_its_journal(self) -> None:
        """Pid and start time agree."""
        child = self.add(200, self.mark)
        swept = sweep([self.place], self.system)
        self.assertEqual((child.received, swept.killed), ([], []))
        self.assertEqual(len(self.found()), 1)

    def test_a_recycled_pid_is_not_the_server(self) -> None:
        """The pid lives, but began at another time: the server is gone."""
        self.system.add(FakeProcess(self.system, Seen(150, 79, 1, 1)))
        child = self.add(200, self.mark)
        self.crash()
        sweep([self.place], self.system)
        self.assertEqual(child.received, [9])

    def test_strangers_are_never_touched(self) -> None:
        """A recycled pid or session, another server's mark, a mark that only begins alike."""
        other = self.journal.name[:-1] + ("0" if self.journal.name[-1] != "0" else "1")
        strangers = [
            self.add(200, ""),
            self.add(201, f"{other}.1"),
            self.add(202, f"{self.journal.name}x.1"),
            self.add(203, self.journal.name),
        ]
        self.crash()
        swept = sweep([self.place], self.system)
        self.assertEqual([process.received for process in strangers], [[]] * 4)
        self.assertEqual((swept.killed, list(self.place.iterdir())), ([], []))

    def test_after_a_reboot_only_the_file_goes(self) -> None:
        """Start times of another boot mean nothing."""
        child = self.add(200, self.mark)
        self.crash(boot="last week")
        sweep([self.place], self.system)
        self.assertEqual((child.received, list(self.place.iterdir())), ([], []))

    def test_a_draft_goes_with_its_journal(self) -> None:
        """A crash in the middle of a write leaves one."""
        self.crash()
        (self.place / f"{self.journal.name}.new").touch()
        sweep([self.place], self.system)
        self.assertEqual(list(self.place.iterdir()), [])

    def test_a_draft_that_never_became_a_journal(self) -> None:
        """It goes when it is older than any write takes; a younger one may be a living server's."""
        old, young = self.place / "00000000000000aa.new", self.place / "00000000000000bb.new"
        for draft in (old, young):
            draft.touch()
        os.utime(old, (1, 1))
        sweep([self.place], self.system)
        self.assertEqual((old.exists(), young.exists()), (False, True))

    def test_garbage_is_reported_and_left_alone(self) -> None:
        """One bad file does not keep the others from being swept."""
        child = self.add(200, self.mark)
        self.crash()
        (self.place / "0000000000000000.json").write_text("garbage")
        swept = sweep([self.place], self.system)
        self.assertEqual((len(swept.problems), child.received), (1, [9]))
        self.assertEqual([path.name for path in self.place.iterdir()], ["0000000000000000.json"])
        log_sweep(swept)
