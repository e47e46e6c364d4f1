"""How a log line reads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.logs.lines import escape, format_line, stamp

MST = timezone(timedelta(hours=-7), "MST")
WHEN = datetime(2006, 1, 2, 15, 4, 5, 120_300, tzinfo=MST)

FORMATS = {
    "ansic": "Mon Jan  2 15:04:05 2006",
    "unixdate": "Mon Jan  2 15:04:05 MST 2006",
    "rubydate": "Mon Jan 02 15:04:05 -0700 2006",
    "rfc822": "02 Jan 06 15:04 MST",
    "rfc822z": "02 Jan 06 15:04 -0700",
    "rfc850": "Monday, 02-Jan-06 15:04:05 MST",
    "rfc1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "rfc1123z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "rfc3339": "2006-01-02T15:04:05-07:00",
    "rfc3339nano": "2006-01-02T15:04:05.1203-07:00",
    "kitchen": "3:04PM",
    "stamp": "Jan  2 15:04:05",
    "stampmilli": "Jan  2 15:04:05.120",
    "stampmicro": "Jan  2 15:04:05.120300",
    "stampnano": "Jan  2 15:04:05.120300000",
}


class StampTests(SynchronousTestCase):
    def test_every_format(self) -> None:
        """Each `logTimeFormat` gives its layout."""
        self.assertEqual({name: stamp(name, WHEN) for name in FORMATS}, FORMATS)

    def test_names_are_forgiving(self) -> None:
        """Case and blanks do not matter; what is unknown means no timestamp."""
        self.assertEqual(stamp(" RFC3339 ", WHEN), FORMATS["rfc3339"])
        self.assertEqual([stamp("iso", WHEN), stamp("", WHEN)], ["", ""])

    def test_utc_and_whole_seconds(self) -> None:
        """UTC is `Z`, and a fraction of nothing is left out."""
        noon = datetime(2024, 2, 9, 12, tzinfo=timezone.utc)  # noqa: UP017
        self.assertEqual(stamp("rfc3339", noon), "2024-02-09T12:00:00Z")
        self.assertEqual(stamp("rfc3339nano", noon), "2024-02-09T12:00:00Z")
        self.assertEqual(stamp("kitchen", noon), "12:00PM")
        self.assertEqual(stamp("kitchen", noon.replace(hour=0)), "12:00AM")


class LineTests(SynchronousTestCase):
    def test_with_and_without_a_timestamp(self) -> None:
        """`[timestamp ][LEVEL] message` and a line end."""
        self.assertEqual(format_line("INFO", "hello"), b"[INFO] hello\n")
        self.assertEqual(format_line("WARN", "grün", "3:04PM"), "3:04PM [WARN] grün\n".encode())

    def test_q23_no_forged_lines(self) -> None:
        """Control characters in a message are spelled out, so that it stays one line."""
        self.assertEqual(format_line("INFO", "a\n[ERROR] b\x1b[1m\u2028"), b"[INFO] a\\x0a[ERROR] b\\x1b[1m\\u2028\n")
        self.assertEqual(escape("tab\tnbsp\xa0ü"), "tab\\x09nbsp\xa0ü")

    def test_lone_surrogates(self) -> None:
        """Text that cannot be encoded is still logged."""
        self.assertEqual(format_line("INFO", "\udc80"), b"[INFO] \\udc80\n")
