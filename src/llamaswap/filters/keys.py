"""Keys of filters are paths into a JSON text (http-api section 6.5). Pure.

A dot leads inside, a number is a place in a list, `-1` its end, and a backslash takes the meaning from what follows it.
"""

from __future__ import annotations

from collections.abc import Collection

from llamaswap.errors import Refusal

Path = tuple[str, ...]
"""What leads to a value, from the outside in."""

LAST = "-1"
"""The end of a list."""
WILD = frozenset("*?#")
"""What stands for many names in a key."""
_LONGEST_PADDING = 1000
"""Places that a list is filled up with at most."""


class FilterFailed(Refusal):
    """a filter of the configuration cannot be applied"""

    status = 500


def path_of(key: str, special: Collection[str] = WILD) -> Path | None:
    """The path that `key` writes; None where it holds one of the `special` characters without a backslash before it."""
    parts, part, letters = [], "", iter(key)
    for letter in letters:
        if letter == "\\":
            part += next(letters, "")
        elif letter in special:
            return None
        elif letter == ".":
            parts.append(part)
            part = ""
        else:
            part += letter
    return (*parts, part)


def index_of(part: str) -> int | None:
    """The place in a list that `part` of a path names; None when it names none."""
    return int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None


def grows_list(part: str) -> bool:
    """Where nothing is yet, a list is made for `part`, not an object."""
    return part == LAST or index_of(part) is not None


def place_in(part: str, length: int) -> int:
    """The place that `part` names in a list of this length, which may have to grow for it. Raises `FilterFailed`."""
    place = length if part == LAST else index_of(part)
    if place is None:
        raise FilterFailed(f"`{part}` is no place in a list")
    if place > length + _LONGEST_PADDING:
        raise FilterFailed(f"a list of {length} has no place {place}")
    return place
