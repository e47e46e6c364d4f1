"""What the activity store is told and tells: how much is kept, what became of rows, and what is answered. Data."""

from __future__ import annotations

from typing import NamedTuple

from llamaswap.errors import LlamaSwapError
from llamaswap.metrics.histogram import Spread
from llamaswap.metrics.row import Row


class StoreFailed(LlamaSwapError):
    """The activity cannot be stored, or read."""


class Unusable(StoreFailed):
    """The file is damaged, or holds something else."""


class Keep(NamedTuple):
    """How much is kept; what is older goes. 0 = all."""

    rows: int = 0
    seconds: float = 0.0


class Written(NamedTuple):
    """What became of rows that were to be written, by their ids."""

    stored: list[int]
    lost: list[int]
    why: str = ""
    """Why the lost ones are."""


class Page(NamedTuple):
    """Rows of one page."""

    rows: list[Row]
    total: int
    """Rows that the filter lets through."""


class Stats(NamedTuple):
    """Rows in sum."""

    requests: int
    input: int
    output: int
    cached: int
    prompt: Spread | None
    """Of the prompt's rates; None when there are none."""
    generation: Spread | None
