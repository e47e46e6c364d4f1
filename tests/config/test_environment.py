"""Variables of the environment are put into the text before it is YAML (section 4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.environment import substitute_environment
from llamaswap.config.load import load
from llamaswap.config.report import Report
from llamaswap.config.schema import Settings
from llamaswap.config.source import Place, Source
from llamaswap.errors import ConfigurationError, Problem
from tests.config.loading import keys_of

ENVIRON = {"N": "42", "EMPTY": "", "Q": 'a"b', "W": r"C:\d", "MAP": "{a: 1}", "VIA": "${env.N}", "NL": "a\nb"}


def loaded(text: str, **environ: str) -> Settings:
    return load([Source("c.yaml", text)], environ=ENVIRON | environ)


def problems(text: str, **environ: str) -> list[Problem]:
    try:
        loaded(text, **environ)
    except ConfigurationError as error:
        return list(error.problems)
    raise AssertionError(f"loads: {text}")


class ValueTests(SynchronousTestCase):
    """What a variable becomes."""

    def test_the_text_decides_the_type(self) -> None:
        """Unquoted it takes the type of its value, quoted it is text; an empty one leaves nothing."""
        self.assertEqual(loaded("startPort: ${env.N}").start_port, 42)
        self.assertEqual(loaded("startPort: ${env.EMPTY}").start_port, 5800)
        self.assertIn("string `42` where an integer", str(problems("startPort: '${env.N}'")[0]))

    def test_structure(self) -> None:
        """It may change the structure of the text, and end it with a comment."""
        self.assertEqual(loaded("limits: ${env.M}", M="{keepAlive: 7}").limits.keep_alive, 7)
        self.assertEqual(loaded("logLevel: ${env.C}", C="warn # quiet").log_level, "warn")
        self.assertEqual(loaded("${env.K}: 3", K="startPort").start_port, 3)

    def test_quotes_and_backslashes(self) -> None:
        """They are escaped as double quotes need it, also where there are none (oddity 9)."""
        self.assertEqual(keys_of(loaded('apiKeys: ["${env.Q}", "${env.W}"]')), ('a"b', r"C:\d"))
        self.assertEqual(keys_of(loaded("apiKeys: ['${env.Q}', '${env.W}']")), ('a\\"b', r"C:\\d"))

    def test_a_value_may_mention_another(self) -> None:
        """One step deep; what is left then is not set."""
        self.assertEqual(loaded("startPort: ${env.VIA}").start_port, 42)
        (problem,) = problems("logLevel: ${env.A}", A="${env.B}", B="${env.C}", C="${env.N}")
        self.assertEqual((problem.path, problem.message), ("logLevel", "environment variable C not set"))

    def test_a_value_may_hold_macros(self) -> None:
        """They expand as if they had been written there."""
        self.assertEqual(loaded("macros: {P: 7}\nstartPort: '${env.V}'", V="${P}").start_port, 7)

    def test_what_only_looks_like_one(self) -> None:
        """Other spellings are text."""
        text = '["${env.1X}", "${env.A-B}", "${env.}", "$env.N"]'
        self.assertEqual(keys_of(loaded(f"apiKeys: {text}")), ("${env.1X}", "${env.A-B}", "${env.}", "$env.N"))


class NeedTests(SynchronousTestCase):
    """Which variables must be there."""

    def test_comments_need_none(self) -> None:
        """Mentions in comments do not count, at the head of a block text either, nor those of a later document."""
        loaded("# ${env.NO}\nlogLevel: warn # ${env.NO}\n")
        loaded("models:\n  m:\n    proxy: http://h\n    cmd: | # ${env.NO}\n      s\n---\n${env.NO}\n")

    def test_a_line_of_a_block_is_no_comment(self) -> None:
        """A comment line of a command is part of the text (oddity 10)."""
        (problem,) = problems("models:\n  m:\n    proxy: http://h\n    cmd: |\n      # ${env.NO}\n      s\n")
        self.assertEqual(str(problem), "c.yaml:5:9: environment variable NO is not set")

    def test_a_text_that_is_no_yaml_before(self) -> None:
        """Then all mentions count, comments included."""
        self.assertEqual(keys_of(loaded("apiKeys: [${env.KEY}]", KEY="k")), ("k",))
        found = problems("apiKeys: [${env.KEY}] # ${env.NO}\n", KEY="k")
        self.assertEqual([problem.message for problem in found], ["environment variable NO is not set"])

    def test_every_missing_one_is_told_once(self) -> None:
        """At its first mention, and nothing else is said of values that lack one."""
        text = "startPort: ${env.NO}\nglobalTTL: ${env.NO}\nlogToStdout: ${env.NADA}\napiKeys: ['${env.NO} x']\n"
        self.assertEqual(
            [(problem.line, problem.column, problem.message) for problem in problems(text)],
            [
                (1, 12, "environment variable NO is not set"),
                (3, 14, "environment variable NADA is not set"),
            ],
        )

    def test_values_that_cannot_be(self) -> None:
        """Line breaks and NUL are refused, by the variable's name only."""
        for value in ("secret\n", "secret\r", "secret\0"):
            (problem,) = problems('apiKeys: ["${env.V}"]', V=value)
            self.assertEqual(problem.message, "environment variable V contains newlines or null bytes")

    def test_places_are_those_of_the_file(self) -> None:
        """What stands behind a value is told at its column in the file, after two passes too."""
        text = "limits: {headerBytes: ${env.VIA}, keepAlive: x, bodyIdle: y}"
        self.assertEqual([problem.column for problem in problems(text)], [46, 59])


class SourceTests(SynchronousTestCase):
    """Texts before and after."""

    @given(st.lists(st.sampled_from(["${env.A}", "${env.BB}", "xyz", " ", "é"])), st.text("ab", max_size=12))
    def test_every_place_is_found_again(self, pieces: list[str], value: str) -> None:
        """A character that was there before is told at its old column, one of a value at the mention's."""
        line = "k: '" + "".join(pieces) + "'"
        report = Report()
        after, missing = substitute_environment(Source("f", line), {"A": value, "BB": value * 2}, report)
        self.assertEqual(missing, frozenset())
        column = 4
        old = 4
        for piece in pieces:
            new = {"${env.A}": value, "${env.BB}": value * 2}.get(piece, piece)
            for offset in range(len(new)):
                expected = old if piece.startswith("$") else old + offset
                self.assertEqual(after.place(1, column + offset + 1), Place("f", 1, expected + 1))
            column += len(new)
            old += len(piece)
