"""A place for the activity is looked at before it is used."""

from __future__ import annotations

import os
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.files import load_file
from llamaswap.config.store import store_fault
from llamaswap.errors import ConfigurationError
from tests.support.folders import folder_for


class StoreTests(SynchronousTestCase):
    """Paths."""

    def setUp(self) -> None:
        self.folder = folder_for(self)

    def fault(self, name: str) -> str:
        return store_fault(str(self.folder / name)) or ""

    def test_good(self) -> None:
        """A file that is there, or a new one in a folder that is there."""
        (self.folder / "old.db").touch()
        self.assertEqual((self.fault("old.db"), self.fault("new.db")), ("", ""))
        self.assertFalse((self.folder / "new.db").exists())
        (self.folder / "full.db").write_bytes(b"SQLite format 3\0 and so on")
        self.assertEqual(self.fault("full.db"), "")

    def test_bad(self) -> None:
        """A folder, a file in no folder, a file below a file, something that is no path."""
        (self.folder / "file").touch()
        (self.folder / "text").write_text("models: {}")
        self.assertIn("is a directory", self.fault(""))
        self.assertIn("is not an SQLite database", self.fault("text"))
        os.mkfifo(self.folder / "pipe")
        self.assertIn("is not an SQLite database", self.fault("pipe"))
        self.assertIn("not writable: there is no folder", self.fault("none/a.db"))
        self.assertIn("cannot be used: Not a directory", self.fault("file/a.db"))
        self.assertIn("cannot be used", self.fault("a\0b"))

    def test_it_is_told_at_the_path(self) -> None:
        """Loading files looks, and blames the value."""
        file = self.folder / "c.yaml"
        file.write_text(f"store: {{path: {self.folder}}}")
        with self.assertRaises(ConfigurationError) as caught:
            load_file(file)
        self.assertIn("c.yaml:1:15: store.path is a directory", str(caught.exception))

    @skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_not_writable(self) -> None:
        """What we may not write to."""
        (self.folder / "old.db").touch(mode=0o444)
        self.assertIn("not writable", self.fault("old.db"))
        self.folder.chmod(0o555)
        self.assertIn("not writable", self.fault("new.db"))
        self.folder.chmod(0o755)
