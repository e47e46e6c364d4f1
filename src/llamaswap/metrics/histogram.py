"""How rates are spread: the bins and percentiles of http-api section 14.3. Pure.

Counting and sorting are left to whoever has the values: they may be a million, and none is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log2
from typing import NamedTuple

PERCENTILES = (50, 95, 99)
LEAST_BINS, MOST_BINS = 5, 20


class Spread(NamedTuple):
    """Of rates above 0; at least one."""

    bins: tuple[int, ...]
    """How many are in each, from `low` on in steps of `width`."""
    low: float
    high: float
    width: float
    """0 when all are equal: then there is one bin."""
    percentiles: tuple[float, ...]
    """In the order of `PERCENTILES`."""


def binning(count: int, low: float, high: float) -> tuple[int, float]:
    """How many bins `count` values from `low` to `high` are put in, and how wide each is; 0 wide when it is one."""
    bins = min(max(ceil(log2(count)) + 1, LEAST_BINS), MOST_BINS)
    width = (high - low) / bins
    return (bins, width) if width > 0 else (1, 0.0)


def rank(percent: float, count: int) -> tuple[int, float]:
    """Where a percentile lies among `count` sorted values: an index, and how far it is from there to the next."""
    place = percent / 100 * (count - 1)
    index = floor(place)
    return index, place - index


def places_in_parts(wanted: Sequence[int], sizes: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """Sorted values lie in parts of these sizes: the parts that hold the `wanted` ones (indexes, ascending).

    With them their places among the values of those parts alone.
    """
    parts, places = [], []
    before, taken, rest = 0, 0, list(wanted)
    for part in sorted(sizes):
        inside = [index - before + taken for index in rest if index < before + sizes[part]]
        if inside:
            parts.append(part)
            places += inside
            taken += sizes[part]
        before += sizes[part]
        rest = rest[len(inside) :]
    return parts, places


def between(lower: float, upper: float, fraction: float) -> float:
    """Linear interpolation, never outside of the two."""
    return min(lower + (upper - lower) * fraction, upper)
