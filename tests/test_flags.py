"""The dialect of the original's flags, with examples from configuration section 18."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.flags import USAGE, BadFlag, Flags, HelpWanted, parse


class ParseTests(SynchronousTestCase):
    """Words become flags."""

    def test_nothing_said(self) -> None:
        """Without words every flag has its default."""
        self.assertEqual(parse([]), Flags())

    def test_one_or_two_dashes(self) -> None:
        """`-flag value`, `--flag value`, `-flag=value` and `--flag=value` say the same."""
        for words in (["-listen", ":1"], ["--listen", ":1"], ["-listen=:1"], ["--listen=:1"]):
            self.assertEqual(parse(words), Flags(listen=":1"))

    def test_value_may_look_like_a_flag(self) -> None:
        """The word after a flag that takes a value is its value, whatever it looks like."""
        self.assertEqual(parse(["-config", "-version"]), Flags(config="-version"))

    def test_value_may_hold_equals_signs(self) -> None:
        """Only the first `=` separates."""
        self.assertEqual(parse(["-config=a=b"]), Flags(config="a=b"))

    def test_value_may_be_empty(self) -> None:
        """An empty value is a value."""
        self.assertEqual(parse(["-config=", "-listen", ""]), Flags())

    def test_last_one_counts(self) -> None:
        """A flag given twice has its last value."""
        self.assertEqual(parse(["-config", "a", "--config=b"]), Flags(config="b"))

    def test_every_flag(self) -> None:
        """Every flag of the original exists, and the usage text names it."""
        words = ["-config", "c", "-config-dir", "d", "-listen", "l", "-tls-cert-file", "t", "-tls-key-file", "k"]
        flags = parse([*words, "-version", "-watch-config", "-allow-config-edit"])
        self.assertEqual(
            flags,
            Flags(
                config="c",
                config_dir="d",
                listen="l",
                tls_cert_file="t",
                tls_key_file="k",
                version=True,
                watch_config=True,
                allow_config_edit=True,
            ),
        )
        for word in (*words[::2], "-version", "-watch-config", "-allow-config-edit"):
            self.assertIn(f"  {word}", USAGE)

    def test_booleans(self) -> None:
        """A boolean takes its value after `=` only, in one of the original's spellings."""
        for value in ("1", "t", "T", "true", "True", "TRUE"):
            self.assertTrue(parse([f"-version={value}"]).version)
        for value in ("0", "f", "F", "false", "False", "FALSE"):
            self.assertFalse(parse(["-version", f"-version={value}"]).version)

    def test_boolean_takes_no_word(self) -> None:
        """The word after a boolean is not its value but ends the flags."""
        self.assertEqual(parse(["-version", "false", "-config", "c"]), Flags(version=True))

    def test_stops_at_the_first_word_that_is_no_flag(self) -> None:
        """What follows `--`, `-` or any other word is ignored."""
        for stop in ("--", "-", "word", ""):
            self.assertEqual(parse(["-listen", ":1", stop, "-nonsense"]), Flags(listen=":1"))

    def test_help(self) -> None:
        """`-h` and `-help` ask for help."""
        for word in ("-h", "--h", "-help", "--help"):
            self.assertRaises(HelpWanted, parse, [word])

    def test_mistakes(self) -> None:
        """A wrong word is refused in the original's wording."""
        for words, message in (
            (["-nope"], "flag provided but not defined: -nope"),
            (["--conf", "x"], "flag provided but not defined: -conf"),
            (["-config"], "flag needs an argument: -config"),
            (["---config", "x"], "bad flag syntax: ---config"),
            (["-=x"], "bad flag syntax: -=x"),
            (["-version=yes"], 'invalid boolean value "yes" for -version: parse error'),
        ):
            self.assertEqual(str(self.assertRaises(BadFlag, parse, words)), message)
