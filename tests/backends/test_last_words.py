"""What a process wrote last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llamaswap.backends.last_words import LONGEST_LINE, MOST_LINES, last_words


def test_lines() -> None:
    """Those that say something, without colours and other controls."""
    said = b"\x1b[1;31mfailed\x1b[0m to load\r\n\n   \n  why: \xff\ttoo big\x07\n"
    assert last_words(said) == ("failed to load", "  why: \ufffd\ttoo big")
    assert last_words(b"") == ()


def test_bounds() -> None:
    """The last ones, none of them too long."""
    said = b"".join(b"%d %s\n" % (number, b"x" * 1000) for number in range(50))
    found = last_words(said)
    assert len(found) == MOST_LINES
    assert found[-1].startswith("49 x") and len(found[-1]) == LONGEST_LINE + 1


@given(st.binary())
def test_no_controls(said: bytes) -> None:
    """Whatever it was."""
    for line in last_words(said):
        assert not any(ord(character) < 32 and character != "\t" for character in line)
