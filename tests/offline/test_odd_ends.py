"""Commands whose output goes to odd places, and whose input is no text."""

from __future__ import annotations

import os
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.support.folders import folder_for

RUN = "from llamaswap.cli import main; main()"


class OddEndsTests(SynchronousTestCase):
    """Whole processes."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        (self.folder / "ok.yaml").write_text(
            'models: {m: {cmd: s, proxy: "http://h:1"}, "モ": {cmd: s, proxy: "http://h:1"}}'
        )
        (self.folder / "bad.yaml").write_text('groups: {g: {members: ["モ"]}}')

    def run_it(self, *words: str, **options: object) -> subprocess.CompletedProcess[bytes]:
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([sys.executable, "-c", RUN, *words], cwd=self.folder, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]

    def test_an_output_that_lacks_the_letters(self) -> None:
        """Windows with a code page, `LANG=de_DE.ISO-8859-1`: a good second file must be answered, too."""
        done = self.run_it("check", "bad.yaml", "ok.yaml", env={**os.environ, "PYTHONIOENCODING": "ascii"})
        self.assertNotIn(b"Traceback", done.stderr)
        self.assertIn(b"ok.yaml: ok", done.stdout)

    def test_a_name_that_is_no_text(self) -> None:
        """In a UTF-8 locale (where stdout is strict)."""
        name = os.fsdecode(b"no\xff.yaml")
        done = self.run_it("check", name, "ok.yaml", env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"})
        self.assertNotIn(b"Traceback", done.stderr)

    def test_a_batch_that_is_no_text(self) -> None:
        """Bytes that are no letters are a bad question."""
        done = self.run_it(
            "plan",
            "ok.yaml",
            "--batch",
            "-",
            input=b'{"request": "m"}\n\xff\n',
            env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        )
        self.assertNotIn(b"Traceback", done.stderr)

    def test_a_bad_line_of_a_file_does_not_hide_the_others(self) -> None:
        """One answer a line, whatever stands in it."""
        (self.folder / "batch").write_bytes(b'{"request": "m"}\n\xff\n{"request": "m"}\n')
        self.assertEqual(self.run_it("plan", "ok.yaml", "--batch", "batch").stdout.count(b"\n"), 3)

    def test_a_reader_that_has_left(self) -> None:
        """Nobody complains of it."""
        read, write = os.pipe()
        os.close(read)
        done = self.run_it("schema", stdout=write)
        os.close(write)
        self.assertNotIn(b"Traceback", done.stderr)
