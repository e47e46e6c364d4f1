"""Values fit their keys as section 2.3 says, and what does not fit is told with its place."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.compose import compose
from llamaswap.config.fields import (
    At,
    Key,
    Reader,
    boolean,
    duration,
    integer,
    listed,
    natural,
    positive,
    read_keys,
    require,
    seconds,
    some_seconds,
    string,
    strings,
    subsection,
)
from llamaswap.config.report import Report
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError


def place(text: str, path: str = "limits") -> At:
    """The YAML value `text`, about to be read."""
    report = Report()
    node = compose(Source("c.yaml", text), report)
    assert node is not None
    return At(node, path, report)


def read(reader: Reader, text: str) -> object:
    """What `reader` makes of the YAML value `text`."""
    at = place(text, "key")
    value = reader(at)
    at.report.raise_errors()
    return value


class ReaderTests(SynchronousTestCase):
    """One value."""

    def accepts(self, reader: Reader, cases: dict[str, object]) -> None:
        for text, value in cases.items():
            found = read(reader, text)
            self.assertEqual((type(found), found), (type(value), value), text)

    def refuses(self, reader: Reader, *texts: str) -> None:
        for text in texts:
            self.assertRaises(ConfigurationError, read, reader, text)

    def test_integer(self) -> None:
        """Fractions are cut off; quoted digits, truths and what exceeds 64 bits are refused."""
        self.accepts(integer, {"5": 5, "15.9": 15, "-2.5": -2, "0x10": 16})
        self.refuses(integer, "'20'", "true", "''", "[]", "{}", ".inf", ".nan", "1e19", str(2**63), "2024-01-01")

    def test_bounds(self) -> None:
        """`natural` begins at 0, `positive` at 1."""
        self.accepts(natural, {"0": 0, "7": 7})
        self.refuses(natural, "-1", "x")
        self.accepts(positive, {"1": 1})
        self.refuses(positive, "0", "0.5", "x")

    def test_seconds(self) -> None:
        """Fractions count; what is no finite span is refused."""
        self.accepts(seconds, {"0": 0.0, "1.5": 1.5})
        self.refuses(seconds, "-1", "-0.1", ".inf", ".nan", "'5'", "5s", "true", "[]")
        self.accepts(some_seconds, {"0.5": 0.5})
        self.refuses(some_seconds, "0", "-1", "x")

    def test_boolean(self) -> None:
        """Truths, and YAML 1.1's words for them, quoted or not; quoted `true` is not one."""
        self.accepts(boolean, {"true": True, "False": False, "yes": True, "'on'": True, "N": False, "off": False})
        self.refuses(boolean, "'true'", "1", "oN", "[]", "''")

    def test_string(self) -> None:
        """Any scalar, in its canonical form."""
        self.accepts(string, {"x": "x", "1.10": "1.1", "0x10": "16", "010": "8", "true": "true", "1e8": "1e+08"})
        self.accepts(string, {"2024-01-01": "2024-01-01T00:00:00Z", "'1.10'": "1.10", "''": ""})
        self.refuses(string, "[a]", "{a: b}")

    def test_strings(self) -> None:
        """A list of scalars; nulls vanish, a bare scalar is refused."""
        self.accepts(strings, {"[a, 1, ~, 'b']": ("a", "1", "b"), "[]": ()})
        self.refuses(strings, "a", "{a: b}", "[[a]]")

    def test_duration(self) -> None:
        """Numbers with units, as many as one likes; only zero needs none."""
        self.accepts(duration, {"90s": 90.0, "1m30s": 90.0, "2h10s": 7210.0, "5.5s": 5.5, "'0'": 0.0, "-1m": -60.0})
        self.accepts(
            duration, {"4999ms": 4.999, ".5m": 30.0, "7000000us": 7.0, "7000000\u00b5s": 7.0, "1s1ns": 1.000000001}
        )
        self.refuses(duration, "5", "'5'", "0", "1d", "''", "1s 2s", "s", "1.s2", "5S", "[]", "true", "2024-01-01")
        self.refuses(duration, f"{2**63}ns", "9" * 9000 + "h")

    def test_message(self) -> None:
        """A refusal says where, what was found and what is needed, on one line."""
        with self.assertRaises(ConfigurationError) as caught:
            read(integer, '"a\\nb"')
        self.assertEqual(str(caught.exception), "c.yaml:1:1: key: string `a b` where an integer is needed")


class SectionTests(SynchronousTestCase):
    """Many keys."""

    KEYS = (Key("keepAlive", "keep_alive", integer), Key("logLevel", "log_level", string))

    def section(self, text: str) -> tuple[dict[str, object], list[str]]:
        at = place(text)
        values = read_keys(at, self.KEYS, ["other"])
        at.report.raise_errors()
        return values, [str(warning) for warning in at.report.warnings]

    def test_absent_and_null(self) -> None:
        """A key that is absent or null is not in the answer, so that its default stays."""
        self.assertEqual(self.section("{keepAlive: 5, logLevel: ~}"), ({"keep_alive": 5}, []))

    def test_unknown_keys(self) -> None:
        """An unknown key is a warning with its line, and with the key that was probably meant."""
        _, warnings = self.section("other: 1\nkeepalive: 5\nlog_level: x\nsomething: 1\n")
        self.assertEqual(
            warnings,
            [
                "c.yaml:2:1: limits: unknown key `keepalive` is ignored; did you mean `keepAlive`?",
                "c.yaml:3:1: limits: unknown key `log_level` is ignored; did you mean `logLevel`?",
                "c.yaml:4:1: limits: unknown key `something` is ignored",
            ],
        )

    def test_not_a_mapping(self) -> None:
        """A section that is a list or a word is an error; null is nothing."""
        self.assertRaises(ConfigurationError, self.section, "[a]")
        self.assertRaises(ConfigurationError, self.section, "a")
        self.assertEqual(self.section("~"), ({}, []))

    def test_subsection(self) -> None:
        """A mapping in a mapping; anything else is None, and told."""
        root = place("{a: {b: 1}, c: 5, d: ~}", "")
        inner = subsection(root, "a", ["b"])
        self.assertEqual(inner and inner.path, "a")
        self.assertEqual([subsection(root, key, ()) for key in "cde"], [None, None, None])
        self.assertRaises(ConfigurationError, root.report.raise_errors)

    def test_required(self) -> None:
        """A key that is missing or null is told; in a section that is no mapping nothing is missed."""
        for text, told in (("{}", 1), ("{a: ~}", 1), ("~", 1), ("{a: 1}", 0), ("[]", 0)):
            at = place(text)
            require(at, "a", "a is required")
            self.assertEqual(at.report.complaints, told, text)

    def test_deeper(self) -> None:
        """Keys inside each other, and a key by itself, know their paths and places."""
        root = place("a:\n  b: {c: 1}\n", "")
        inner = root.at("a", "b", "c")
        assert inner is not None
        self.assertEqual((inner.path, inner.node.place), ("a.b.c", ("c.yaml", 2, 10)))
        self.assertEqual([root.at("a", "x", "c"), root.at("a", "b", "c", "d")], [None, None])
        self.assertEqual((root.key("a").path, root.key("a").node.place), ("a", ("c.yaml", 1, 1)))

    def test_second_look(self) -> None:
        """The texts of a list with their places; what is wrong is not told again."""
        at = place("[a, ~, 1.0, [b]]")
        self.assertEqual([(text, item.path) for text, item in listed(at)], [("a", "limits[0]"), ("1", "limits[2]")])
        self.assertEqual([*listed(None), *listed(place("a"))], [])
        at.report.raise_errors()
