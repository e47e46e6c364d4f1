"""What is written down while a server runs, and who may read and write it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.backends.journal import (
    Found,
    Journal,
    Unreadable,
    find_journals,
    state_directories,
    usable_directory,
)
from llamaswap.backends.processes import Seen
from llamaswap.ids import ModelId
from tests.support.fake_system import FakeProcess, FakeSystem


class JournalCase(SynchronousTestCase):
    """A directory, and a system in which this process is a process."""

    def setUp(self) -> None:
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)
        self.system = FakeSystem()
        self.system.add(FakeProcess(self.system, Seen(os.getpid(), 77, 1, 1)))

    def journal_in(self, directory: Path | None) -> Journal:
        journal = Journal(self.system)
        journal.open(directory)
        return journal

    def found(self) -> list[Found]:
        return [found for found in find_journals([self.place]) if isinstance(found, Found)]

    def problems(self) -> list[str]:
        return [str(found) for found in find_journals([self.place]) if isinstance(found, Unreadable)]


class WritingTests(JournalCase):
    """One file per server."""

    def test_it_says_who_the_server_is(self) -> None:
        """Before its first backend is started, and after it became a daemon; only its user can read it."""
        journal = self.journal_in(self.place)
        self.assertEqual(list(self.place.iterdir()), [])
        journal.mark()
        (path,) = self.place.iterdir()
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.found(), [Found(path, journal.name, os.getpid(), 77, "this boot", {})])

    def test_it_names_what_lives(self) -> None:
        """Group, session, pid and start time of each backend, and no longer than it lives."""
        journal = self.journal_in(self.place)
        first, second = journal.mark(), journal.mark()
        journal.born(first, ModelId("a"), 5, 50)
        journal.born(second, ModelId("b"), 6, 60)
        journal.gone(first)
        (path,) = self.place.iterdir()
        entry = {"mark": second, "model": "b", "pid": 6, "group": 6, "session": 6, "started": 60}
        self.assertEqual(json.loads(path.read_text())["backends"], [entry])
        self.assertEqual(self.found()[0].models, {second: "b"})

    def test_marks_are_never_used_twice(self) -> None:
        """Neither within a server nor by two."""
        journals = [self.journal_in(self.place) for _ in range(2)]
        self.assertEqual(len({journal.mark() for journal in journals for _ in range(3)}), 6)

    def test_an_orderly_end_leaves_no_file(self) -> None:
        """But one that still names a backend stays for the next sweep."""
        journal = self.journal_in(self.place)
        journal.born("x", ModelId("a"), 5, 50)
        journal.close()
        self.assertEqual(len(self.found()), 1)
        journal.gone("x")
        journal.close()
        self.assertEqual(list(self.place.iterdir()), [])

    def test_a_disk_that_refuses_is_no_reason_to_stop(self) -> None:
        """The marks still go out."""
        journal = self.journal_in(self.place / "missing")
        journal.born(journal.mark(), ModelId("a"), 5, 50)
        journal.close()
        self.journal_in(None).born("x", ModelId("a"), 1, 1)

    def test_a_file_that_cannot_be_removed_is_no_reason_not_to_end(self) -> None:
        """As when the directory is another user's by then; the log tells."""
        journal = self.journal_in(self.place)
        (self.place / f"{journal.name}.json").mkdir()
        with capturedLogs() as events:
            journal.close()
        self.assertEqual([event["log_format"].split(" {")[0] for event in events], ["cannot remove the journal"])

    def test_a_server_that_cannot_look_at_itself_still_starts_models(self) -> None:
        """Without a free descriptor the journal is not written, the log tells, and the mark goes out."""
        journal = self.journal_in(self.place)
        self.system.blind = True
        with capturedLogs() as events:
            self.assertEqual(journal.mark(), f"{journal.name}.1")
        self.assertEqual(len(events), 1)


class PlaceTests(JournalCase):
    """Where journals lie."""

    def test_the_state_directory_of_the_user(self) -> None:
        """XDG_STATE_HOME, else below the home; a private place in the temporary directory last."""
        self.assertEqual(state_directories({"XDG_STATE_HOME": "/s", "HOME": "/h"})[0], Path("/s/llamaswap"))
        places = state_directories({"HOME": "/h"})
        self.assertEqual(places[0], Path("/h/.local/state/llamaswap"))
        self.assertEqual(places[1].name, f"llamaswap-{os.geteuid()}")

    def test_a_relative_place_is_none(self) -> None:
        """The base directory specification wants such values ignored."""
        self.assertEqual(len(state_directories({"XDG_STATE_HOME": "here"})), 1)

    def test_the_first_usable_one_is_made(self) -> None:
        """With its parents, for this user alone."""
        place = self.place / "deep" / "llamaswap"
        self.assertEqual(usable_directory([Path("/proc/no/llamaswap"), place]), place)
        self.assertEqual(place.stat().st_mode & 0o777, 0o700)

    def test_what_others_can_write_to_is_not_used(self) -> None:
        """Nor a link: somebody else may have put it there."""
        shared, link = self.place / "shared", self.place / "link"
        shared.mkdir()
        shared.chmod(0o777)
        link.symlink_to(self.place)
        self.assertIsNone(usable_directory([shared, link]))
        self.assertEqual(list(find_journals([shared, link, self.place / "missing"])), [])


class ReadingTests(JournalCase):
    """Files are not believed."""

    def write(self, content: object, name: str = "0123456789abcdef.json") -> Path:
        path = self.place / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def test_garbage_is_a_problem_and_no_journal(self) -> None:
        """Whatever the shape of it."""
        server = {"pid": 1, "started": 1, "boot": "b"}
        for content in (
            "",
            "{",
            "[]",
            "null",
            "[" * 100_000,
            {"server": server},
            {"server": {**server, "pid": "x"}, "backends": []},
            {"server": server, "backends": [1]},
            {"server": server, "backends": None},
            "x" * (1 << 21),
        ):
            self.write(content)
            self.assertEqual((len(self.problems()), self.found()), (1, []))

    def test_other_files_are_not_looked_at(self) -> None:
        """The name of a journal is its mark: an empty one would match every process."""
        for name in ("notes.txt", ".json", "0123.json", "0123456789abcdef.new"):
            self.write({}, name)
        self.assertEqual(list(find_journals([self.place])), [])

    def test_links_and_special_files_are_refused(self) -> None:
        """Without waiting for a pipe's other end."""
        target = self.write({"server": {"pid": 1, "started": 1, "boot": ""}, "backends": []}, "elsewhere")
        (self.place / "0123456789abcdef.json").symlink_to(target)
        os.mkfifo(self.place / "fedcba9876543210.json")
        self.assertEqual((len(self.problems()), self.found()), (2, []))
