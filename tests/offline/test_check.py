"""`llama-swap check` says of every file what the server would say."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.offline.check import check
from tests.offline.running import M, Ran, run
from tests.support.folders import folder_for


class CheckTests(SynchronousTestCase):
    """Files, good and bad."""

    def setUp(self) -> None:
        self.folder = Path(folder_for(self))

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def check(self, *words: str) -> Ran:
        return run(check, *words)

    def test_good(self) -> None:
        """`ok`, after the warnings."""
        ran = self.check(self.file("a.yaml", f"modles: 1\nmodels: {{m: {{{M}}}}}"))
        self.assertEqual((ran.status, ran.out.splitlines()[-1], ran.err), (0, "ok", ""))
        self.assertIn("a.yaml:1:1: unknown key `modles` is ignored; did you mean `models`?", ran.out)

    def test_bad(self) -> None:
        """Every problem is a line, in the order of the file."""
        file = self.file("a.yaml", "startPort: 0\nglobalTTL: -1\n")
        ran = self.check(file)
        self.assertEqual((ran.status, len(ran.out.splitlines())), (1, 2))
        self.assertTrue(ran.out.startswith(f"{file}:1:12: startPort: "))

    def test_several(self) -> None:
        """One answer each, in order; a bad one does not stop the others."""
        good, bad = self.file("a.yaml", ""), self.file("b.yaml", "[")
        ran = self.check(good, bad, str(self.folder / "none.yaml"), good)
        self.assertEqual(ran.status, 1)
        self.assertTrue(ran.out.startswith(f"{good}: ok\n"))
        self.assertEqual(ran.out.count(": ok\n"), 2)
        self.assertIn("none.yaml: cannot be read: No such file", ran.out)

    def test_json(self) -> None:
        """The effective settings, or the problems with their places, a line for each file."""
        good, bad = self.file("a.yaml", f"models: {{m: {{{M}}}}}"), self.file("b.yaml", "\nglobalTTL: -1")
        ran = self.check("--json", good, bad)
        first, second = ran.lines
        self.assertEqual((ran.status, first["ok"], second["ok"]), (1, True, False))
        model = first["config"]["models"]["m"]
        self.assertEqual((model["cmd"], model["argv"], model["ttl"]), ("s 5800", ["s", "5800"], 0))
        self.assertEqual(first["config"]["routing"]["router"]["settings"]["groups"]["(default)"]["members"], ["m"])
        (problem,) = second["errors"]
        self.assertEqual(
            (problem["file"], problem["line"], problem["column"], problem["path"]), (bad, 2, 12, "globalTTL")
        )
        self.assertIn("globalTTL must be >= 0", problem["message"])

    def test_directory(self) -> None:
        """A directory is one configuration, with or without a file before it."""
        self.file("x.yaml", f"models: {{x: {{{M}}}}}")
        self.file("y.yml", f"models: {{y: {{{M}}}}}")
        (alone,) = self.check("--json", "--config-dir", str(self.folder)).lines
        self.assertEqual(list(alone["config"]["models"]), ["x", "y"])
        first = Path(folder_for(self)) / "first.yaml"
        first.write_text("startPort: 7000")
        (both,) = self.check("--json", str(first), "--config-dir", str(self.folder)).lines
        self.assertEqual(both["config"]["models"]["x"]["proxy"], "http://localhost:7000")

    def test_usage(self) -> None:
        """Nothing to check is a mistake of the caller."""
        ran = self.check()
        self.assertEqual(ran.status, 2)
        self.assertIn("give a FILE, or --config-dir DIR", ran.err)

    def test_which_file_a_shared_problem_belongs_to(self) -> None:
        """Several files with a directory: each answer names its FILE, also when what is wrong is in the directory."""
        shared = self.folder / "d"
        shared.mkdir()
        (shared / "x.yaml").write_text('models: {m: {cmd: "${srv}"}}')
        good, bad = self.file("good.yaml", 'macros: {srv: "s ${PORT}"}'), self.file("bad.yaml", "")
        ran = self.check("--config-dir", str(shared), bad, good)
        self.assertEqual(ran.out.splitlines()[1:], [f"{bad}: not ok", f"{good}: ok"])
