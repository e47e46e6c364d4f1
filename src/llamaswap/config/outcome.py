"""What came, or would come, of reading the configuration again."""

from __future__ import annotations

from dataclasses import dataclass

from llamaswap.config.difference import Difference
from llamaswap.errors import Problem
from llamaswap.ids import ModelId


@dataclass(frozen=True, slots=True)
class Applied:
    """It is in force; also when it says what it said before."""

    difference: Difference
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """It cannot be used, and nothing has changed."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


Outcome = Applied | Rejected


@dataclass(frozen=True, slots=True)
class Checked:
    """Other texts would be a good configuration, and change this."""

    difference: Difference
    untouched: tuple[ModelId, ...]
    """The models that stay as they are."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """A text was written, and the configuration read again."""

    hash: str
    """Of the file now."""
    outcome: Outcome
