"""Times as RFC 3339 writes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.rfc3339 import read, write

DAY = 1_700_000_000


class ReadTests(SynchronousTestCase):
    def test_spellings(self) -> None:
        """Any offset, any number of digits; what is finer than a microsecond is cut off."""
        for text, expected in {
            "2023-11-14T22:13:20Z": DAY * 10**6,
            "2023-11-14t22:13:20z": DAY * 10**6,
            "2023-11-15T00:13:20+02:00": DAY * 10**6,
            "2023-11-14T12:13:20-10:00": DAY * 10**6,
            "2023-11-14T22:13:20,1Z": DAY * 10**6 + 100_000,
            "2023-11-14T22:13:20.123456999Z": DAY * 10**6 + 123_456,
            "1969-12-31T23:59:59.5Z": -500_000,
            "0001-01-01T00:00:00+23:59": -62_135_683_140 * 10**6,
        }.items():
            self.assertEqual(read(text), expected, text)

    def test_no_times(self) -> None:
        """Parts that are missing, that no calendar has, or that other standards allow."""
        wrong = "2026-01-01 2026-01-01T00:00:00 2026-13-01T00:00:00Z 2026-02-30T00:00:00Z 2026-01-01T24:00:00Z"
        wrong += " 2026-01-01T00:00:60Z 2026-01-01T00:00:00+0100 0000-01-01T00:00:00Z 2026-01-01T00:00:00+24:00"
        wrong += " 2026-01-01T00:00:00+01:60 2026-01-01T00:00:00.Z ٣026-01-01T00:00:00Z now 5"
        for text in (*wrong.split(), "", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00 01:00", "2026-01-01T00:00:00Z\n"):
            self.assertIsNone(read(text), text)

    @given(st.text(max_size=40))
    def test_anything(self, text: str) -> None:
        """A time or none."""
        self.assertIsInstance(read(text), int | None)


class WriteTests(SynchronousTestCase):
    def test_digits(self) -> None:
        for timespec, text in (
            ("seconds", "2023-11-14T22:13:20Z"),
            ("milliseconds", "2023-11-14T22:13:20.250Z"),
            ("microseconds", "2023-11-14T22:13:20.250000Z"),
        ):
            self.assertEqual(write(DAY + 0.25, timespec), text)  # type: ignore[arg-type]

    def test_beyond_all_years(self) -> None:
        """Whatever a file holds can be written."""
        self.assertEqual(write(-(10**18), "seconds"), "0001-01-01T00:00:00Z")
        self.assertEqual(write(10**18, "seconds"), "9999-12-31T23:59:59Z")

    @given(st.integers(-(10**15), 10**16))
    def test_there_and_back(self, microseconds: int) -> None:
        """A time that is told is the time that is understood."""
        self.assertEqual(read(write(microseconds / 1e6, "microseconds")), round(microseconds / 1e6 * 1e6))
