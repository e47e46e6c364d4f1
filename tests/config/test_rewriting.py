"""A file gets another text in one step, and no link leads anywhere else."""

from __future__ import annotations

import os
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config import rewriting
from llamaswap.config.rewriting import content, digest, obstacle, rewrite
from llamaswap.errors import FileChanged, Forbidden
from tests.support.folders import folder_for

MOST = 100


class RewriteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.file = self.folder / "c.yaml"
        self.file.write_bytes(b"old")
        self.file.chmod(0o604)

    def write(self, data: bytes = b"new", hash: str = digest(b"old"), kept: str = "") -> None:
        rewrite(str(self.file), data, hash=hash, most=MOST, kept=kept)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.folder))

    def test_content(self) -> None:
        """A little more than asked for is a sign of more."""
        self.assertEqual(content(str(self.file), 2).data, b"old")
        self.assertEqual(content(str(self.file), 1).data, b"ol")

    def test_written(self) -> None:
        """Another file of the same mode and owner; the old one lies beside it."""
        before = self.file.stat()
        self.write()
        after, kept = self.file.stat(), (self.folder / "c.yaml.bak").stat()
        self.assertEqual((self.file.read_bytes(), (self.folder / "c.yaml.bak").read_bytes()), (b"new", b"old"))
        self.assertNotEqual(after.st_ino, before.st_ino)
        for status in (after, kept):
            self.assertEqual(
                (status.st_mode, status.st_uid, status.st_gid), (before.st_mode, before.st_uid, before.st_gid)
            )
        self.assertEqual(self.names(), ["c.yaml", "c.yaml.bak"])

    def test_owner(self) -> None:
        """Of somebody else's file too, where we may do that."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        os.chown(self.file, 12345, 23456)
        self.file.chmod(0o660)
        self.write()
        for name in self.names():
            status = (self.folder / name).stat()
            self.assertEqual((status.st_uid, status.st_gid, status.st_mode & 0o7777), (12345, 23456, 0o660))

    def test_owner_that_cannot_be_kept(self) -> None:
        """Then nothing is written."""
        with patch.object(os, "fchown", side_effect=PermissionError(1, "no")):
            os.chown(self.file, 12345, -1) if os.geteuid() == 0 else self.skipTest("needs root")
            self.assertRaises(PermissionError, self.write)
        self.assertEqual((self.names(), self.file.read_bytes()), (["c.yaml"], b"old"))

    def test_same_text(self) -> None:
        """It is no edit, so the backup stays that of the last one."""
        self.write(b"old")
        self.assertEqual(self.names(), ["c.yaml"])

    def test_stale(self) -> None:
        self.assertRaises(FileChanged, self.write, hash=digest(b"older"))
        self.assertEqual((self.names(), self.file.read_bytes()), (["c.yaml"], b"old"))

    def test_changed_in_the_last_moment(self) -> None:
        """Somebody who replaces the file while the new text is written keeps what he wrote."""
        real = rewriting._adopt

        def adopt(file: int, like: os.stat_result) -> None:
            real(file, like)
            (self.folder / "theirs").write_bytes(b"theirs")
            os.replace(self.folder / "theirs", self.file)

        with patch.object(rewriting, "_adopt", adopt):
            self.assertRaises(FileChanged, self.write)
        self.assertEqual((self.names(), self.file.read_bytes()), (["c.yaml", "c.yaml.bak"], b"theirs"))

    def test_full_disk(self) -> None:
        """The old text stays, and no half of the new one."""
        with patch.object(os, "fsync", side_effect=OSError(28, "full")):
            self.assertRaises(OSError, self.write)
        self.assertEqual((self.names(), self.file.read_bytes()), (["c.yaml"], b"old"))

    def test_links(self) -> None:
        """In place of the file: refused. In place of the backup: it is taken away, and not followed."""
        other = self.folder / "other"
        other.write_bytes(b"old")
        (self.folder / "c.yaml.bak").symlink_to(other)
        self.write()
        self.assertEqual((other.read_bytes(), (self.folder / "c.yaml.bak").is_symlink()), (b"old", False))
        self.file.unlink()
        self.file.symlink_to(other)
        self.assertRaises(OSError, self.write)
        self.assertEqual((other.read_bytes(), self.file.is_symlink()), (b"old", True))

    def test_no_file(self) -> None:
        """Nothing waits for the writer of a pipe."""
        self.file.unlink()
        self.assertRaises(FileNotFoundError, self.write)
        os.mkfifo(self.file)
        self.assertRaises(Forbidden, self.write)
        self.file.unlink()
        self.file.mkdir()
        self.assertRaises((Forbidden, OSError), self.write)

    def test_backup_of_somebody_else(self) -> None:
        """It is not lost, and the next one neither; one of ours makes place for the next."""
        mine = self.folder / "c.yaml.bak"
        mine.write_text("mine")
        self.write()
        mine.write_text("mine too")
        self.write(b"newer", digest(b"new"))
        self.write(b"newest", digest(b"newer"), kept=digest(b"new"))
        held = {name: (self.folder / name).read_bytes() for name in self.names()}
        aside = {"c.yaml.bak.1": b"mine", "c.yaml.bak.2": b"mine too"}
        self.assertEqual(held, {"c.yaml": b"newest", "c.yaml.bak": b"newer", **aside})

    def test_too_many_backups(self) -> None:
        """Then nothing is written, and none of them is lost."""
        (self.folder / "c.yaml.bak").write_text("mine")
        with patch.object(rewriting, "MOST_ASIDE", 1):
            self.write()
            (self.folder / "c.yaml.bak").write_text("mine too")
            with self.assertRaises(Forbidden):
                self.write(b"newer", digest(b"new"))
        held = [(self.folder / name).read_bytes() for name in self.names()]
        self.assertEqual(held, [b"new", b"mine too", b"mine"])

    def test_backup_stays_private(self) -> None:
        """Whoever could read an old backup cannot read what a file holds that has become private since."""
        for text in ("mine", "old"):
            (self.folder / "c.yaml.bak").write_text(text)
            (self.folder / "c.yaml.bak").chmod(0o666)
            self.file.write_bytes(b"old")
            self.file.chmod(0o600)
            self.write()
            self.assertEqual({(self.folder / name).stat().st_mode & 0o777 for name in self.names()}, {0o600})

    def test_hard_link(self) -> None:
        """The other name would keep the old text: refused."""
        os.link(self.file, self.folder / "other")
        self.assertRaises(Forbidden, self.write)
        self.assertEqual((self.names(), self.file.read_bytes()), (["c.yaml", "other"], b"old"))

    def test_long_names(self) -> None:
        """As long as the backups' names fit, the file is written; else one is told."""
        for length, fits in ((248, True), (249, False)):
            self.file = self.folder / ("c" * length)
            self.file.write_bytes(b"old")
            self.assertEqual(obstacle(str(self.file)) == "", fits)
            if fits:
                (self.folder / f"{self.file.name}.bak").write_bytes(b"mine")
                self.write()
                self.assertEqual(self.file.read_bytes(), b"new")

    def test_obstacles(self) -> None:
        """As far as one sees without trying."""
        self.assertEqual(obstacle(str(self.file)), "")
        link = self.folder / "link"
        link.symlink_to(self.file)
        for path, words in ((link, "a link"), (self.folder, "no regular file"), (self.folder / "none", "No such file")):
            self.assertIn(words, obstacle(str(path)))
        with patch.object(os, "geteuid", return_value=os.geteuid() + 1):
            self.assertIn("another user", obstacle(str(self.file)))
        with patch.object(os, "access", return_value=False):
            self.assertIn("its directory", obstacle(str(self.file)))
        os.link(self.file, self.folder / "other")
        self.assertIn("another name", obstacle(str(self.file)))
