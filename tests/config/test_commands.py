"""Commands lose their comment lines and fall into words as section 9 says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.commands import Dialect, split_command, strip_comments

SPEC = {
    "a # b": ["a", "#", "b"],
    "a 'x y' \"z w\"": ["a", "x y", "z w"],
    "--j '{\"k\": 1}'": ["--j", '{"k": 1}'],
    "--a '\"q r\"'": ["--a", '"q r"'],
    "--a \"'q r'\"": ["--a", "'q r'"],
    'a {"k":"v"}': ["a", "{k:v}"],
    r'a "\$x \n \\"': ["a", r"$x \n " + "\\"],
    r"x C:\d\y.exe": ["x", "C:dy.exe"],
    'x "C:\\dir\\\\" y': ["x", "C:\\dir\\", "y"],
    'x "a""b"': ["x", "ab"],
    'x """"': ["x", ""],
    'x "un closed': ["x", "un closed"],
    'a "': ["a", ""],
    "a b\\": ["a", "b"],
    "a \\\\\nb": ["a", " ", "b"],
    "a && b > c; $X": ["a", "&&", "b", ">", "c;", "$X"],
}
"""The table of section 9.2, POSIX column."""

WINDOWS = SPEC | {
    "a 'x y' \"z w\"": ["a", "'x", "y'", "z w"],
    "--j '{\"k\": 1}'": ["--j", "'{k:", "1}'"],
    "--a '\"q r\"'": ["--a", "'q r'"],
    r'a "\$x \n \\"': ["a", "\\$x \\n \\"],
    r"x C:\d\y.exe": ["x", r"C:\d\y.exe"],
    'x "a""b"': ["x", 'a"b'],
    'x """"': ["x", '"'],
    "a \\\\\nb": ["a", "\\", "b"],
}
"""The other column."""


class SplitTests(SynchronousTestCase):
    """Words of a command."""

    def check(self, text: str, *words: str) -> None:
        self.assertEqual(split_command(text, Dialect.POSIX), list(words), text)

    def test_the_table_of_the_contract(self) -> None:
        """Every row of the table in section 9.2."""
        for text, words in SPEC.items():
            self.check(text, *words)

    def test_the_table_of_the_contract_for_windows(self) -> None:
        """The same rows where backslashes mean something in front of a double quote only."""
        for text, words in WINDOWS.items():
            self.assertEqual(split_command(text, Dialect.WINDOWS), words, text)
        self.assertEqual(
            split_command('a\rb "c\nd" \\"e \\\\"f g"', Dialect.WINDOWS), ["a", "b", "c\nd", '"e', "\\f g"]
        )

    def test_separators(self) -> None:
        """Blank, tab and newline separate; a carriage return and Unicode blanks do not."""
        self.check(" a\tb\nc ", "a", "b", "c")
        self.check("a\rb c\u00a0d", "a\rb", "c\u00a0d")

    def test_continuation(self) -> None:
        """A backslash at the end of a line always separates words; inside quotes the newline stays."""
        self.check("ab\\\ncd", "ab", "cd")
        self.check("a \\  \n  b", "a", "b")
        self.check("'x\\\ny'", "x \ny")

    def test_escapes_outside_quotes(self) -> None:
        """A backslash takes the next character as it is."""
        self.check(r"a\ b \"c\" \\ \'", "a b", '"c"', "\\", "'")

    def test_single_quotes_are_literal(self) -> None:
        """Nothing is escaped between single quotes."""
        self.check(r"'a\b\' c", "a\\b\\", "c")

    def test_quotes_in_the_middle(self) -> None:
        """Quotes adjoin what stands beside them, and empty ones make a word."""
        self.check('--x="q w"e \'\' ""', "--x=q we", "", "")

    def test_v07(self) -> None:
        """Comment lines vanish, a trailing `#` does not, blank lines are nothing."""
        text = 'srv --a 1 \\\n  # dropped\n  --b "x y"   # kept\n\n  --c \'p "q"\'\n'
        self.check(text, "srv", "--a", "1", "--b", "x y", "#", "kept", "--c", 'p "q"')

    def test_nothing(self) -> None:
        """Blanks and comments make no words."""
        self.check(" \n\t\n# a\n \\\n")

    @settings(deadline=None)
    @given(st.lists(st.text()))
    def test_quoted_words_come_back(self, words: list[str]) -> None:
        """Words in single quotes come back as they were, with breaks and comment signs where they cannot be cut."""
        words = [word.replace("\n", "").rstrip("\\") for word in words]
        quoted = " ".join("'" + word.replace("'", "'\"'\"'") + "'" for word in words)
        self.assertEqual(split_command(quoted), words)

    @settings(deadline=None)
    @given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \n\\'\"#$`"))))
    def test_any_text_splits(self, text: str) -> None:
        """No text makes the splitter fail, or invent characters."""
        words = split_command(text)
        self.assertLessEqual(set("".join(words)), set(text) | {" "})


class StripTests(SynchronousTestCase):
    """Comment lines of a stored command."""

    def test_only_comment_lines_go(self) -> None:
        """Other lines, empty ones included, stay as written; blanks before `#` may be any."""
        self.assertEqual(strip_comments("a # b\n\n \t# c\n\u00a0#d\n e \n"), "a # b\n\n e \n")

    def test_text_without_comments_is_the_same(self) -> None:
        """Nothing to do, nothing done."""
        self.assertEqual(strip_comments("a\n b\n"), "a\n b\n")
