"""Values of JSON that a filter has made, and what later rules change in them. Pure: nothing is changed in place."""

from __future__ import annotations

from typing import Any

from llamaswap.config.parameters import Path
from llamaswap.filters.keys import grows_list, place_to_fill, place_to_strip


def placed(old: Any, path: Path, new: Any) -> Any:
    """`old` with `new` at `path`: objects and lists on the way are made, in place of what is neither.

    Raises `FilterFailed` where a list is asked for what is no place in it.
    """
    if not path:
        return new
    part, rest = path[0], path[1:]
    if isinstance(old, list):
        place = place_to_fill(part, len(old))
        padded = old + [None] * (place + 1 - len(old))
        return [*padded[:place], placed(padded[place], rest, new), *padded[place + 1 :]]
    if isinstance(old, dict):
        return {**old, part: placed(old.get(part), rest, new)}
    return placed([] if grows_list(part) else {}, path, new)


def stripped(old: Any, path: Path) -> Any:
    """`old` without what stands at `path`, if anything does."""
    part, rest = path[0], path[1:]
    if isinstance(old, dict) and part in old:
        if rest:
            return {**old, part: stripped(old[part], rest)}
        return {name: value for name, value in old.items() if name != part}
    if isinstance(old, list) and (place := place_to_strip(part, len(old))) is not None:
        kept = [stripped(old[place], rest)] if rest else []
        return [*old[:place], *kept, *old[place + 1 :]]
    return old
