"""Files are read as UTF-8, and one that cannot be read is named."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.files import LARGEST, Files, load_file
from llamaswap.errors import ConfigurationError
from tests.support.folders import folder_for


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

    def test_other_texts(self) -> None:
        """What a file would say with another text; its own is not even read."""
        path = self.written(b"startPort: 0\n")
        files = Files(config=str(path))
        self.assertEqual(files.load(instead={str(path): "startPort: 7"}).start_port, 7)
        with self.assertRaises(ConfigurationError) as caught:
            files.load(instead={str(path): "\nstartPort: -1"})
        self.assertEqual((caught.exception.problems[0].file, caught.exception.problems[0].line), (str(path), 2))
        self.assertEqual(files.paths(), [str(path)])

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

    def test_too_large(self) -> None:
        """A file that can be no configuration is not read to its end."""
        path = self.written(b"#" * (LARGEST + 1))
        self.assertEqual(self.fault(path), f"{path}: is larger than 16 MiB, which no configuration is")
        path.write_bytes(b"#" * LARGEST)
        load_file(path)

    def test_pipe(self) -> None:
        """A pipe that nobody writes to is refused instead of waited for; one with a text is read, once."""
        path = folder_for(self) / "pipe.yaml"
        os.mkfifo(path)
        self.assertIn("gave no text: a pipe can be read only once", self.fault(path))
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.write(writer, b"healthCheckTimeout: 77")
        os.close(writer)
        self.assertEqual(load_file(f"/dev/fd/{reader}").health_check_timeout, 77)
        self.assertIn("gave no text", self.fault(f"/dev/fd/{reader}"))


class SourcesTests(SynchronousTestCase):
    """Which files make up a configuration (configuration section 3)."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.directory = self.folder / "conf.d"
        self.directory.mkdir()

    def write(self, *names: str) -> None:
        """Files in the directory, each with its name as its text."""
        for name in names:
            (self.directory / name).write_text(name)

    def texts(self, config: str = "") -> list[str]:
        """The texts, in order."""
        return [source.text for source in Files(config, str(self.directory)).read()]

    def problems(self, config: str = "", config_dir: str | None = None) -> list[str]:
        """What is wrong, a line each."""
        with self.assertRaises(ConfigurationError) as caught:
            Files(config, str(self.directory) if config_dir is None else config_dir).read()
        return [str(problem) for problem in caught.exception.problems]

    def test_order(self) -> None:
        """The file first, then those of the directory by name, hidden ones too; other names do not count."""
        self.write("b.yaml", "a.yml", "A.yml", ".h.yaml", "c.YAML", "c.yaml.bak", "d.json")
        first = self.folder / "z.yaml"
        first.write_text("first")
        self.assertEqual(self.texts(str(first)), ["first", ".h.yaml", "A.yml", "a.yml", "b.yaml"])
        self.assertEqual(self.texts(), [".h.yaml", "A.yml", "a.yml", "b.yaml"])

    def test_sources_are_called_as_they_were_given(self) -> None:
        """A problem in a file of the directory names the directory as the user wrote it."""
        self.write("a.yaml")
        (source,) = Files(config_dir=os.path.relpath(self.directory)).read()
        self.assertEqual(source.file, os.path.join(os.path.relpath(self.directory), "a.yaml"))

    def test_absolute(self) -> None:
        """Made absolute, they are the same files from any directory; what was not given stays so."""
        self.assertEqual(Files("c", "").absolute(), Files(os.path.join(os.getcwd(), "c"), ""))

    def test_directories_inside(self) -> None:
        """A subdirectory is skipped whatever its name; a link to one is a file that cannot be read."""
        self.write("a.yaml")
        (self.directory / "sub.yaml").mkdir()
        self.assertEqual(self.texts(), ["a.yaml"])
        (self.directory / "link.yaml").symlink_to("sub.yaml")
        self.assertEqual(self.problems(), [f"{self.directory}/link.yaml: cannot be read: Is a directory"])

    def test_links(self) -> None:
        """A link to a file is a file; one that leads nowhere is told."""
        self.write("a.yaml")
        (self.directory / "b.yaml").symlink_to("a.yaml")
        self.assertEqual(self.texts(), ["a.yaml", "a.yaml"])
        (self.directory / "c.yaml").symlink_to("nowhere")
        self.assertEqual(self.problems(), [f"{self.directory}/c.yaml: cannot be read: No such file or directory"])

    def test_overlap(self) -> None:
        """A file that the directory has as well is refused, however the two are written; links are not resolved."""
        self.write("a.yaml")
        given = f"{self.folder}/./conf.d//a.yaml"
        (line,) = self.problems(given)
        self.assertTrue(line.startswith(f"{given}: is in the configuration directory {self.directory} as well"), line)
        link = self.folder / "link.yaml"
        link.symlink_to(self.directory / "a.yaml")
        self.assertEqual(self.texts(str(link)), ["a.yaml", "a.yaml"])

    def test_nothing_found(self) -> None:
        """A directory without files is no configuration by itself, and harmless beside a file."""
        self.assertEqual(
            self.problems(),
            [f"{self.directory}: no configuration sources found: no file here is named *.yml or *.yaml"],
        )
        self.assertEqual(self.problems("", ""), ["no configuration: give a file, a directory, or both"])
        first = self.folder / "z.yaml"
        first.write_text("first")
        self.assertEqual(self.texts(str(first)), ["first"])

    def test_everything_unreadable_is_told(self) -> None:
        """A missing file and a missing directory are both named, and so are several bad files of a directory."""
        missing = str(self.folder / "missing")
        self.assertEqual(
            self.problems(missing, f"{missing}.d"),
            [f"{path}: cannot be read: No such file or directory" for path in (f"{missing}.d", missing)],
        )
        for name in ("a.yaml", "b.yaml"):
            (self.directory / name).write_bytes(b"\xff")
        self.write("c.yaml")
        self.assertEqual(self.problems(), [f"{self.directory}/{name}.yaml:1:1: is not UTF-8 text" for name in "ab"])
        self.assertIn("cannot be read", self.problems("", "a\0b")[0])
