"""What a part of a filter's key means where it meets a list (http-api section 6.5). Pure."""

from __future__ import annotations

from llamaswap.errors import Refusal

LAST = "-1"
"""The end of a list."""
_LONGEST_PADDING = 1000
"""Places that a list is filled up with at most."""


class FilterFailed(Refusal):
    """a filter of the configuration cannot be applied"""

    status = 500


def grows_list(part: str) -> bool:
    """Where nothing is yet, a list is made for `part`, not an object."""
    return part == LAST or _number(part) is not None


def place_to_fill(part: str, length: int) -> int:
    """The place that `part` names in a list of this length, which may have to grow for it. Raises `FilterFailed`."""
    place = length if part == LAST else _number(part)
    if place is None:
        raise FilterFailed(f"`{part}` is no place in a list")
    if place > length + _LONGEST_PADDING:
        raise FilterFailed(f"a list of {length} has no place {place}")
    return place


def place_to_strip(part: str, length: int) -> int | None:
    """The place of something that stands in a list of this length; None when nothing stands there."""
    place = length - 1 if part == LAST else _number(part)
    return place if place is not None and 0 <= place < length else None


def _number(part: str) -> int | None:
    return int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None
