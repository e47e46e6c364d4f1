"""What came of reading the configuration again."""

from __future__ import annotations

from dataclasses import dataclass

from llamaswap.config.difference import Difference
from llamaswap.errors import Problem


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
