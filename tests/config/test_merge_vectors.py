"""The worked examples of merging (section 23): a configuration of the files a.yaml and b.yaml."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import keys_of

M = '{cmd: s, proxy: "http://h:1"}'


def load_files(a: str, b: str) -> Settings:
    return load([Source("a.yaml", a), Source("b.yaml", b)])


class MergeVectorTests(SynchronousTestCase):
    """D01 to D14."""

    def rejects(self, a: str, b: str, *words: str) -> None:
        with self.assertRaises(ConfigurationError) as caught:
            load_files(a, b)
        (problem,) = caught.exception.problems
        for word in words:
            self.assertIn(word, str(problem))

    def test_d01(self) -> None:
        """Models of both."""
        self.assertEqual(list(load_files(f"models: {{x: {M}}}", f"models: {{y: {M}}}").models), ["x", "y"])

    def test_d02(self) -> None:
        """The same model in both."""
        self.rejects(f"models: {{x: {M}}}", f"models: {{x: {M}}}", 'duplicate models "x" in b.yaml')

    def test_d03(self) -> None:
        """Models without content."""
        self.rejects("models:", f"models: {{y: {M}}}", "conflict", "models", "expected a mapping")

    def test_d04(self) -> None:
        """A blank gives way, in either order."""
        for a, b in (("startPort:", "startPort: 7"), ("startPort: 7", "startPort:")):
            self.assertEqual(load_files(a, b).start_port, 7)

    def test_d05(self) -> None:
        """So does a null that is spelled out, as proposed for oddity 7."""
        self.assertEqual(load_files("startPort: ~", "startPort: 7").start_port, 7)

    def test_d06(self) -> None:
        """Equal numbers in different spelling."""
        self.rejects("startPort: 16", "startPort: 0x10", "conflict", "startPort", "b.yaml")

    def test_d07(self) -> None:
        """Equal texts in different quotes."""
        self.assertNotIn("conflict", " ".join(load_files("logLevel: 'debug'", "logLevel: debug").warnings))
        self.assertEqual(load_files("logLevel: 'debug'", "logLevel: debug").log_level, "debug")

    def test_d08(self) -> None:
        """A number and a list."""
        self.rejects("startPort: 5", "startPort: [5]", "incompatible kinds", "startPort", "b.yaml")

    def test_d09(self) -> None:
        """Lists one behind the other."""
        self.assertEqual(keys_of(load_files("apiKeys: [k1]", "apiKeys: [k2, k1]")), ("k1", "k2", "k1"))

    def test_d10(self) -> None:
        """A later file uses a macro of an earlier one."""
        found = load_files("macros: {A: debug}", 'macros: {B: "${A}"}\nlogLevel: "${B}"')
        self.assertEqual(found.log_level, "debug")

    def test_d11(self) -> None:
        """An earlier file cannot use a macro of a later one."""
        self.rejects('macros: {B: "${A}"}', 'macros: {A: 1}\nlogLevel: "${B}"', "unknown macro ${A}")

    def test_d12(self) -> None:
        """Two words for one macro."""
        self.rejects("macros: {A: 1}", "macros: {A: 2}", "conflict", "macros.A")

    def test_d13(self) -> None:
        """Parts of a matrix from both files."""
        found = load_files(f"matrix: {{vars: {{v: m}}}}\nmodels: {{m: {M}}}", "matrix: {sets: {s: v}}")
        assert found.matrix is not None
        self.assertEqual((found.router, found.matrix.sets, found.matrix.vars), ("matrix", {"s": "v"}, {"v": "m"}))

    def test_d14(self) -> None:
        """Sets from both files."""
        self.rejects(
            f"matrix: {{sets: {{s: m}}}}\nmodels: {{m: {M}}}", "matrix: {sets: {t: m}}", 'duplicate matrix "sets"'
        )
