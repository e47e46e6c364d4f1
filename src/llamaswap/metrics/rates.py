"""What is asked of SQLite about the rates in a column, so that it does the counting and the sorting. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from llamaswap.metrics.filter import where

COLUMNS = ("prompt_per_second", "tokens_per_second")
_RATED = "BETWEEN 5e-324 AND 1e300"
_PARTS = 1000
"""In which rates are counted before the few that matter are sorted."""


def range_of(column: str) -> str:
    """How many rates there are, the least and the greatest."""
    given = f"IIF({column} {_RATED}, {column}, NULL)"
    return f"COUNT({given}), MIN({given}), MAX({given})"


class Rates(NamedTuple):
    """The rates above 0 in one column of some rows, and what is asked about them."""

    column: str
    texts: Sequence[str]
    values: Sequence[Any]
    number: int
    low: float
    high: float

    @property
    def _from(self) -> str:
        return f"FROM activity{where([*self.texts, f'{self.column} {_RATED}'])}"

    @property
    def _part(self) -> tuple[str, list[Any]]:
        """Which of `_PARTS` a rate lies in."""
        return f"MIN(CAST(({self.column} - ?) / ? AS INTEGER), ?)", [self.low, self._step, _PARTS - 1]

    @property
    def _step(self) -> float:
        return (self.high - self.low) / _PARTS or 1.0

    def counted(self, bins: int, width: float) -> tuple[str, list[Any]]:
        """How many are in each bin and part."""
        part, bound = self._part
        bin = f"MIN(CAST(({self.column} - ?) / ? AS INTEGER), ?)"
        sql = f"SELECT {bin} AS bin, {part} AS part, COUNT(*) {self._from} GROUP BY bin, part"
        return sql, [self.low, width or 1.0, bins - 1, *bound, *self.values]

    def picked(self, parts: Sequence[int], places: Sequence[int]) -> tuple[str, list[Any]]:
        """Those at these places among the sorted ones of these parts."""
        part, bound = self._part
        inner = f"SELECT {self.column} AS rate, {part} AS part {self._from}"
        numbered = f"SELECT rate, ROW_NUMBER() OVER (ORDER BY rate) - 1 AS place FROM ({inner})"
        sql = f"SELECT place, rate FROM ({numbered} WHERE part IN ({marks(parts)})) WHERE place IN ({marks(places)})"
        return sql, [*bound, *self.values, *parts, *places]


def marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
