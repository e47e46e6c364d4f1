"""Rows and captures through the beginning, the changes and the end of a server: a real file, and a real thread."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from llamaswap.config.load import load
from llamaswap.config.schema import CaptureRules, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.metrics.archive import Archive
from llamaswap.metrics.queries import Query
from llamaswap.metrics.storage import StoreFailed
from tests.support.activity import MemoryBody, row
from tests.support.folders import folder_for
from tests.support.web import at_once


class ArchiveTests(TestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.told: list[int] = []

    def archive(self, settings: Settings) -> Archive:
        threads: Any = reactor
        archive = Archive(settings, threads, at_once, self.told.append)
        archive.start()
        self.addCleanup(archive.close)
        return archive

    def file(self, name: str, **others: Any) -> Settings:
        return Settings(store_path=str(self.folder / name), **others)

    async def ids(self, archive: Archive) -> list[int]:
        return [each.id for each in (await archive.store.page(Query())).rows]

    async def test_probe_83_restart(self) -> None:
        """On the same file: nothing was pruned, ids go on, captures are gone."""
        settings = self.file("a.db", metrics_max_in_memory=5)
        archive = self.archive(settings)
        for _ in range(8):
            capture(archive, archive.store.add(row()))
        self.assertEqual(await self.ids(archive), list(range(8, 0, -1)))
        self.assertIn(8, archive.captures)
        await archive.close()
        self.assertEqual(self.told, list(range(1, 9)))
        archive = self.archive(settings)
        self.assertEqual(archive.store.add(row()), 9)
        self.assertEqual(await self.ids(archive), list(range(9, 0, -1)))
        self.assertNotIn(8, archive.captures)

    async def test_a_reload_that_moves_it(self) -> None:
        """The new file is opened beforehand, in whatever thread; captures of the old ids are forgotten."""
        archive = self.archive(Settings())
        capture(archive, archive.store.add(row()))
        new = self.file("b.db")
        archive.prepare(new)
        archive.moving(new)()
        self.assertNotIn(1, archive.captures)
        self.assertEqual((archive.store.add(row()), await self.ids(archive)), (1, [1]))
        archive.moving(self.file("c.db"))()  # nobody has prepared it
        self.assertEqual(await self.ids(archive), [])
        archive.moving(Settings(metrics_max_in_memory=1))()
        archive.store.add(row())
        archive.store.add(row())
        self.assertEqual(await self.ids(archive), [2])

    async def test_probe_141_rows_outlive_a_reload(self) -> None:
        """Rows stay, and so do captures; less is kept at once."""
        archive = self.archive(Settings())
        for _ in range(4):
            capture(archive, archive.store.add(row()))
        other = Settings(metrics_max_in_memory=2, capture_buffer=1)
        archive.prepare(other)
        archive.moving(other)()
        self.assertEqual((await self.ids(archive), 4 in archive.captures), ([4, 3], True))
        archive.moving(replace(other, captures=CaptureRules(level="off")))()
        self.assertNotIn(4, archive.captures)

    async def test_a_file_that_cannot_be_opened(self) -> None:
        """A reload is refused with the place, and nothing has changed; a server does not start."""
        archive = self.archive(Settings())
        archive.store.add(row())
        (self.folder / "d.db").mkdir()
        for attempt in (archive.prepare, archive.moving):
            with self.assertRaises(ConfigurationError) as caught:
                attempt(self.file("d.db"))
            self.assertIn("d.db cannot be opened", str(caught.exception))
            self.assertEqual(caught.exception.problems[0].path, "store.path")
        self.assertEqual(await self.ids(archive), [1])
        with self.assertRaises(StoreFailed):
            self.archive(self.file("d.db"))

    async def test_what_to_do_about_it(self) -> None:
        """It is told at its place in the configuration, at the start and by a reload; and what helps, if anything."""
        for name, script, helps in (
            ("none/x.db", None, False),
            ("bad.db", "CREATE TABLE activity (name TEXT)", True),
            ("other.db", "CREATE TABLE t (a)", True),
        ):
            path = self.folder / name
            if script is not None:
                connection = sqlite3.connect(path)
                connection.executescript(script)
                connection.close()
            settings = load([Source("c.yaml", f"models: {{}}\nstore:\n  path: {path}\n")])
            with self.assertRaises(ConfigurationError) as refused:
                self.archive(Settings()).prepare(settings)
            (problem,) = refused.exception.problems
            self.assertEqual((problem.file, problem.line, problem.path), ("c.yaml", 3, "store.path"))
            with self.assertRaises(StoreFailed) as failed:
                self.archive(settings)
            self.assertEqual(str(failed.exception), str(problem))
            self.assertEqual("move it away" in problem.message, helps, problem)

    async def test_a_damaged_file(self) -> None:
        """Is moved away, and a new one is made."""
        path = self.folder / "t.db"
        archive = self.archive(Settings(store_path=str(path)))
        for _ in range(200):
            archive.store.add(row())
        await archive.close()
        path.write_bytes(path.read_bytes()[:5000])
        with self.assertRaisesRegex(StoreFailed, "malformed.*move it away"):
            self.archive(Settings(store_path=str(path)))
        path.rename(self.folder / "old.db")
        self.assertEqual(await self.ids(self.archive(Settings(store_path=str(path)))), [])

    async def test_prepared_for_nothing(self) -> None:
        """A reload that failed for another reason leaves nothing open."""
        archive = self.archive(Settings())
        for name in ("e.db", "f.db"):
            archive.prepare(self.file(name))
        archive.moving(Settings())()
        self.assertEqual(await self.ids(archive), [])
        self.assertFalse((self.folder / "e.db-wal").exists())


def capture(archive: Archive, id: int) -> None:
    taking = archive.captures.take("/")
    assert taking is not None
    taking.request([], MemoryBody(b"{}"))
    taking.finish(id, "/", [])
