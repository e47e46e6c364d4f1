"""Numbers in the texts of tools, as they are there and as they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.gpus.figures import known, number, percent, rows, whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", 42.0),
        (" 42.5 W", 42.5),
        ("-3", -3.0),
        ("65 %", 65.0),
        ("[N/A]", 0.0),
        ("[Not Supported]", 0.0),
        ("[Unknown Error]", 0.0),
        ("N/A", 0.0),
        ("", 0.0),
        (None, 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e99", 0.0),
        ("0x1f", 0.0),
        ("9" * 400, 0.0),
        ("\u0661\u0662", 0.0),
    ],
)
def test_number(text: str | None, expected: float) -> None:
    """What is no plain number is 0."""
    assert number(text) == expected
    assert whole(text) == int(expected)


@pytest.mark.parametrize(
    "text", ["", " ", "N/A", "[N/A]", "[Not Supported]", "unknown", "None", "n/a ", "[Unknown Error]"]
)
def test_nothing_known(text: str) -> None:
    """In whatever words."""
    assert known(text) is None
    assert known(None) is None
    assert known("  Radeon   VII ") == "Radeon VII"


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_percent_is_a_percentage(part: float, of: float) -> None:
    """Whatever is asked."""
    assert 0 <= percent(part, of) <= 100


@given(st.text())
def test_rows_of_anything(text: str) -> None:
    """No text is too odd to be looked at."""
    for cells in rows(text):
        assert cells
        assert all(cell == cell.strip() for cell in cells)


def test_rows() -> None:
    """Blanks and empty lines do not count; quotes hold commas."""
    assert list(rows('a, b ,c\r\n\n  \n"d, e",f\n')) == [["a", "b", "c"], ["d, e", "f"]]
