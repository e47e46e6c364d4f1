"""Files are read as UTF-8, and one that cannot be read is named."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config import models, routing, server
from llamaswap.config.files import load_file
from llamaswap.errors import ConfigurationError
from tests.support.folders import folder_for

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


class FileTests(SynchronousTestCase):
    """Reading."""

    def written(self, data: bytes) -> Path:
        path = folder_for(self) / "config.yaml"
        path.write_bytes(data)
        return path

    def fault(self, path: Path | str) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            load_file(path)
        return str(caught.exception)

    def test_good_file(self) -> None:
        """A file with a BOM and Windows line ends loads."""
        path = self.written(b"\xef\xbb\xbfmodels:\r\n  m: {cmd: 's ${PORT}'}\r\n")
        self.assertEqual(list(load_file(path).models), ["m"])

    def test_problems_name_the_file(self) -> None:
        """A mistake in a file is told with the file's name."""
        path = self.written(b"startPort: 0\n")
        self.assertEqual(self.fault(path), f"{path}:1:12: startPort: startPort must be >= 1, not 0")

    def test_unreadable(self) -> None:
        """A missing file, a directory and an impossible name are told by name."""
        missing = str(folder_for(self) / "missing.yaml")
        self.assertEqual(self.fault(missing), f"{missing}: cannot be read: No such file or directory")
        self.assertIn("cannot be read", self.fault(Path(__file__).parent))
        self.assertIn("cannot be read", self.fault("a\0b"))

    def test_not_text(self) -> None:
        """Bytes that are not UTF-8 are told with their place."""
        path = self.written(b"a: 1\nb: \xff\n")
        self.assertEqual(self.fault(path), f"{path}:2:4: is not UTF-8 text")


class ExampleTests(SynchronousTestCase):
    """`config.example.yaml`."""

    def test_it_loads(self) -> None:
        """The example is good, and nothing in it is odd."""
        loaded = load_file(EXAMPLE)
        self.assertEqual(loaded.warnings, ())
        self.assertIn("llama-8b", loaded.models)

    def test_it_is_complete(self) -> None:
        """Every key that we read is shown."""
        text = EXAMPLE.read_text()
        keys = (*server.KEYS, *server.INHERITED, *server.LIMITS, *models.KEYS, *routing.GROUP_KEYS)
        names = {key.name for key in keys if key.field} | {
            "models",
            "startPort",
            "routing",
            "members",
            "maxWait",
            "priority",
        }
        self.assertEqual({name for name in names if f"{name}:" not in text}, set())
