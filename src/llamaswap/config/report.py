"""What is wrong with a configuration, gathered while it is read, so that one pass tells everything."""

from __future__ import annotations

from typing import NoReturn, Protocol

from llamaswap.config.source import Place
from llamaswap.errors import ConfigurationError, Problem


class Placed(Protocol):
    """Anything with a place in the text; a node of the tree is one."""

    @property
    def place(self) -> Place: ...


class Report:
    """The problems and warnings of all files."""

    def __init__(self) -> None:
        self._errors: list[Problem] = []
        self._warnings: list[Problem] = []
        self._unsettled: set[Place] = set()
        self._complaints = 0

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """In the order of the texts."""
        return tuple(sorted(self._warnings, key=_place))

    @property
    def complaints(self) -> int:
        """Errors so far, with those that were not wanted: what was read while it stayed the same is sound."""
        return self._complaints

    def error(self, at: Placed, path: str, message: str) -> None:
        """The configuration cannot be used because of this; reading goes on to find more."""
        self._complaints += 1
        if at.place not in self._unsettled:
            self._errors.append(Problem(message, *at.place, path))

    def warn(self, at: Placed, path: str, message: str) -> None:
        """The configuration can be used, but may not mean what its author thinks."""
        self._warnings.append(Problem(message, *at.place, path))

    def unsettled(self, at: Placed) -> None:
        """What stands there cannot be known, and that has been told: no more errors of this place are wanted."""
        self._unsettled.add(at.place)

    def fail(self, message: str, place: Place) -> NoReturn:
        """Raise `ConfigurationError` now: what follows this place cannot be read at all."""
        self._errors.append(Problem(message, *place))
        self._raise()

    def raise_errors(self) -> None:
        """Raise `ConfigurationError` if there was any error."""
        if self._errors:
            self._raise()

    def _raise(self) -> NoReturn:
        raise ConfigurationError(tuple(sorted(self._errors, key=_place)), self.warnings)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column
