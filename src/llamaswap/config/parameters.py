"""The keys of filters: paths into the JSON of a request (configuration section 11, http-api section 6.5). Pure.

A dot leads inside, a number is a place in a list, `-1` its end, and a backslash takes the meaning from what follows it.
"""

from __future__ import annotations

from collections.abc import Collection

Path = tuple[str, ...]
"""What leads to a value, from the outside in."""

_WILD = frozenset("*?#")
"""What stands for many names in the original's paths."""
_NEVER_SET = _WILD | {"|"}


def strip_path(key: str) -> Path | None:
    """What `key` strips; None where it holds a wildcard, which cannot be stripped."""
    return _path(key, _WILD)


def set_path(key: str) -> Path | None:
    """Where `key` sets a value; None for a key that is ignored."""
    return None if key.startswith("@") else _path(key, _NEVER_SET)


def _path(key: str, special: Collection[str]) -> Path | None:
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
