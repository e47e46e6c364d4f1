"""Figures as they are shown to whoever collects them: families of series. Data, not how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Distribution(NamedTuple):
    """How often values fell between bounds."""

    bounds: tuple[float, ...]
    """Ascending; a value belongs to the first bound that is not less than it."""
    counts: tuple[int, ...]
    """One for each bound, and one for what is beyond the last."""
    sum: float


class Family(NamedTuple):
    """Series of one name and one meaning."""

    name: str
    """Ends in `_total` for a counter, and in its unit before that."""
    kind: str
    """`counter`, `gauge` or `histogram`."""
    help: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float | Distribution]]
    """Values of the labels, each combination once, and what was measured: a distribution for a histogram."""
