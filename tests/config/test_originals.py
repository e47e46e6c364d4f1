"""The files of a configuration as somebody edits them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.files import Files
from llamaswap.config.originals import MOST, Originals
from llamaswap.config.rewriting import digest
from llamaswap.errors import BodyTooLarge, ConfigurationFileNotFound, FileChanged, Forbidden
from tests.support.folders import folder_for


class OriginalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        (self.folder / "a.yaml").write_text("logLevel: warn\n")
        self.originals = Originals(Files(config_dir=str(self.folder)))

    def test_ids(self) -> None:
        """They stay the same as long as the path does, and say nothing of it."""
        (before,) = self.originals.facts()
        (self.folder / "0.yaml").write_text("")
        first, second = self.originals.facts()
        self.assertEqual((second.id, first.name), (before.id, "0.yaml"))
        self.assertNotIn("a.yaml", before.id)

    def test_written(self) -> None:
        """Only over the version that was read."""
        (facts,) = self.originals.facts()
        hash = self.originals.write(facts.id, "logLevel: error\n", facts.hash)
        self.assertEqual(self.originals.text(facts.id).hash, hash)
        self.assertEqual(self.originals.paths({facts.id: "x"}), {str(self.folder / "a.yaml"): "x"})
        with self.assertRaises(FileChanged):
            self.originals.check(facts.id, facts.hash)
        with self.assertRaises(FileChanged):
            self.originals.write(facts.id, "", facts.hash)

    def test_backups(self) -> None:
        """One of ours makes place for the next; that of somebody else does not."""
        (self.folder / "a.yaml.bak").write_text("mine")
        hash = digest(b"logLevel: warn\n")
        (facts,) = self.originals.facts()
        for text in ("logLevel: error\n", "logLevel: error\n", "logLevel: info\n", "logLevel: debug\n"):
            hash = self.originals.write(facts.id, text, hash)
        held = {path.name: path.read_text() for path in self.folder.iterdir()}
        backups = {"a.yaml.bak": "logLevel: info\n", "a.yaml.bak.1": "mine"}
        self.assertEqual(held, {"a.yaml": "logLevel: debug\n", **backups})

    def test_what_cannot_be_edited(self) -> None:
        """It is listed, and nothing of it is told: links, texts that are none, what is too long or gone."""
        path = self.folder / "a.yaml"
        target = self.folder / "target"
        for data in (b"\xff", b"#" * (MOST + 1)):
            path.write_bytes(data)
            (facts,) = self.originals.facts()
            self.assertRaises(Forbidden, self.originals.text, facts.id)
        self.assertEqual((facts.size, facts.hash, facts.writable), (MOST + 1, "", False))
        self.assertEqual(facts.reason, "it is larger than 4 MiB")
        target.write_text("logLevel: warn\n")
        path.unlink()
        path.symlink_to(target)
        (facts,) = self.originals.facts()
        self.assertEqual((facts.hash, facts.writable), ("", False))
        self.assertRaises(Forbidden, self.originals.text, facts.id)
        self.assertRaises(Forbidden, self.originals.write, facts.id, "x", digest(b"logLevel: warn\n"))
        path.unlink()
        self.assertRaises(ConfigurationFileNotFound, self.originals.text, facts.id)

    def test_too_long(self) -> None:
        (facts,) = self.originals.facts()
        self.assertRaises(BodyTooLarge, self.originals.write, facts.id, "#" * (MOST + 1), facts.hash)

    def test_a_file_that_is_gone(self) -> None:
        """One that the command line names is listed all the same."""
        gone = Originals(Files(config=str(self.folder / "gone.yaml")))
        (facts,) = gone.facts()
        self.assertEqual((facts.name, facts.size, facts.writable), ("gone.yaml", 0, False))
        self.assertRaises(Forbidden, gone.text, facts.id)
