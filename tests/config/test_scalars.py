"""Plain words of YAML become the values that section 2.2 says, and text again as 2.3 and 5.5 say."""

from __future__ import annotations

import math

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.scalars import Timestamp, Value, canonical, plain, tagged

YAML = "tag:yaml.org,2002:"


class PlainTests(SynchronousTestCase):
    """Unquoted words."""

    def check(self, expected: dict[str, Value]) -> None:
        for text, value in expected.items():
            found = plain(text)
            self.assertEqual((type(found), found), (type(value), value), text)

    def test_words(self) -> None:
        """Only the listed spellings are nothing or a truth; `yes` is text."""
        self.check({"": None, "~": None, "null": None, "NULL": None, "nUll": "nUll"})
        self.check({"true": True, "FALSE": False, "tRue": "tRue", "yes": "yes", "on": "on", "y": "y"})

    def test_integers(self) -> None:
        """Decimal and based integers, signs and separators; no base 60."""
        self.check({"12": 12, "-7": -7, "+7": 7, "1_000": 1000, "0": 0, "-0x1F": -31})
        self.check({"0x10": 16, "0XfF": 255, "0o17": 15, "0O17": 15, "0b101": 5, "0B1": 1, "020": 16})
        self.check({"1:30": "1:30", "_1": "_1", "0x": "0x", "0xg": "0xg", "-": "-", "+": "+", "1a": "1a"})

    def test_floats(self) -> None:
        """The dot is optional with an exponent; a leading zero with a digit 8 or 9 is a decimal float."""
        self.check({"1.5": 1.5, ".5": 0.5, "5.": 5.0, "1e3": 1000.0, "1.0e-7": 1e-7, "-.5E+1": -5.0})
        self.check({"09": 9.0, "08.5": 8.5, ".inf": math.inf, "-.INF": -math.inf, ".": ".", ".5_0": ".5_0"})
        self.assertTrue(math.isnan(plain(".nan")))  # type: ignore[arg-type]

    def test_ends_of_the_range(self) -> None:
        """64 bits are integers, more is a float, beyond the floats is text."""
        self.check({str(2**64 - 1): 2**64 - 1, str(-(2**63)): -(2**63)})
        self.check({str(2**64): float(2**64), str(-(2**63) - 1): -float(2**63), "9" * 300: 1e300})
        self.check({"1e400": "1e400", "9" * 5000: "9" * 5000, "0x" + "f" * 17: "0x" + "f" * 17})

    def test_dates(self) -> None:
        """Dates and moments, told in RFC 3339; an impossible one is text."""
        self.check({"2024-01-01": Timestamp("2024-01-01T00:00:00Z")})
        self.check({"2024-1-2T3:4:5.60Z": Timestamp("2024-01-02T03:04:05.6Z")})
        self.check({"2024-01-02t03:04:05+02:00": Timestamp("2024-01-02T03:04:05+02:00")})
        self.check({"2024-01-02 03:04:05": Timestamp("2024-01-02T03:04:05Z")})
        for text in ("2024-02-30", "2024-01-02 03:04:05Z", "2024-01-02T03:04:05", "24-01-01", "2024-01-01T25:00:00Z"):
            self.check({text: text})


class TaggedTests(SynchronousTestCase):
    """Explicit tags."""

    def test_retyping(self) -> None:
        """A known tag retypes quoted text; any other makes text."""
        self.assertEqual(tagged("5", YAML + "int"), 5)
        self.assertEqual(tagged("5", YAML + "float"), 5.0)
        self.assertEqual(tagged("true", YAML + "bool"), True)
        self.assertIsNone(tagged("", YAML + "null"))
        self.assertEqual(tagged("5", YAML + "str"), "5")
        self.assertEqual(tagged("5", "!own"), "5")
        self.assertEqual(tagged("aGVsbG8=", YAML + "binary"), "hello")
        self.assertEqual(tagged("2024-01-01", YAML + "timestamp"), Timestamp("2024-01-01T00:00:00Z"))

    def test_refusals(self) -> None:
        """Text that is not what its tag says is refused."""
        for text, tag in (
            ("x", "int"),
            ("true", "int"),
            ("yes", "bool"),
            ("x", "null"),
            ("=", "binary"),
            ("/w==", "binary"),
        ):
            self.assertRaises(ValueError, tagged, text, YAML + tag)


class CanonicalTests(SynchronousTestCase):
    """Values as text."""

    def test_each_kind(self) -> None:
        """Every kind of value has one text."""
        for value, text in (
            (None, ""),
            (True, "true"),
            (False, "false"),
            (16, "16"),
            ("x", "x"),
            (Timestamp("t"), "t"),
        ):
            self.assertEqual(canonical(value), text)

    def test_floats(self) -> None:
        """Fewest digits; exponent notation outside 1e-4 .. 1e6."""
        cases = {0.70: "0.7", 3.0: "3", 123456.7: "123456.7", 1e5: "100000", 1234567.0: "1.234567e+06", 1e8: "1e+08"}
        cases |= {0.0001: "0.0001", 0.00001: "1e-05", -2.5e-7: "-2.5e-07", 1e100: "1e+100", 0.0: "0"}
        cases |= {math.inf: "+Inf", -math.inf: "-Inf"}
        for value, text in cases.items():
            self.assertEqual(canonical(value), text)
        self.assertEqual(canonical(math.nan), "NaN")
