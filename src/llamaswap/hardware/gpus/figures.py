"""Figures in the texts that tools print: numbers that may be missing, and tables of comma-separated values. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

_NUMBER = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,9})?)\b", re.ASCII)
_NOTHING = frozenset(("", "n/a", "na", "none", "null", "unknown", "not supported", "unknown error", "gpu is lost"))


def number(text: str | None) -> float:
    """The number that `text` begins with; 0 where there is none, as in `[N/A]` or `[Not Supported]`."""
    found = _NUMBER.match(text or "")
    return float(found[1]) if found else 0.0


def whole(text: str | None) -> int:
    """The same without what follows the point."""
    return int(number(text))


def known(text: str | None) -> str | None:
    """`text` without blanks around it; None where it says in whatever words that nothing is known."""
    plain = " ".join((text or "").split())
    return None if plain.strip("[]()<>").strip().lower() in _NOTHING else plain


def percent(part: float, of: float) -> float:
    """How much `part` is of `of`, 0 to 100; 0 of nothing."""
    share = 100 * part / of if of > 0 else 0.0
    return round(min(100.0, max(0.0, share)), 2) if math.isfinite(share) else 0.0


def rows(text: str) -> Iterator[list[str]]:
    """The rows of a table without those that are empty, each cell without blanks around it."""
    import csv  # late: on most machines there is no table to be read

    lines = (line for line in text.replace("\0", "").splitlines() if line.strip())
    for cells in csv.reader(lines, skipinitialspace=True):
        yield [cell.strip() for cell in cells]
