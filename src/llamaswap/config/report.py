"""What is wrong with a configuration, gathered while it is read, so that one pass tells everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn, Protocol

from llamaswap.config.source import Place
from llamaswap.errors import ConfigurationError, Problem

LONGEST_MESSAGE = 2000
"""Characters of a message: names in a file may be of any length, and there may be thousands of them."""
SHORTEST_SECRET = 5
"""Characters of a value that may be one."""

_ENDS = re.compile(r"[\s,\[\]{}]+")
_QUOTES = re.compile(r"[\"'\\]")


class Placed(Protocol):
    """Anything with a place in the text; a node of the tree is one."""

    @property
    def place(self) -> Place: ...


class Report:
    """The problems and warnings of all files."""

    def __init__(self) -> None:
        self._errors: list[Problem] = []
        self._warnings: list[Problem] = []
        self._unsettled: set[tuple[Place, str]] = set()
        self._secrets: dict[str, str] = {}
        self._used: dict[str, str] = {}
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
        if (at.place, path) not in self._unsettled:
            self._errors.append(_problem(self.told(message), at.place, self.told(path)))

    def warn(self, at: Placed, path: str, message: str) -> None:
        """The configuration can be used, but may not mean what its author thinks."""
        self._warnings.append(_problem(self.told(message), at.place, self.told(path)))

    def unsettled(self, at: Placed, path: str) -> None:
        """What stands there cannot be known, and that has been told: no more errors of it are wanted."""
        self._unsettled.add((at.place, path))

    def conceal(self, value: str, name: str) -> None:
        """Whoever reads the messages need not read `value`, which may be a secret: `name` is shown instead."""
        for part in (value, *_pieces(value)):
            if len(part) >= SHORTEST_SECRET:
                self._secrets[part] = name

    def used(self, variable: str, value: str) -> None:
        """The value of a variable of the environment is put into a text."""
        self._used[variable] = value

    @property
    def variables(self) -> dict[str, str]:
        """Those that were used, by name."""
        return self._used

    def told(self, text: str) -> str:
        """`text` as a message may show it. Whoever shows a part of a text only must ask before cutting it."""
        for value in sorted(self._secrets, key=len, reverse=True):  # one may be a part of another
            text = text.replace(value, self._secrets[value])
        return text

    def fail(self, message: str, place: Place) -> NoReturn:
        """Raise `ConfigurationError` now: what follows this place cannot be read at all."""
        self._errors.append(_problem(self.told(message), place))
        self._raise()

    def raise_errors(self) -> None:
        """Raise `ConfigurationError` if there was any error."""
        if self._errors:
            self._raise()

    def _raise(self) -> NoReturn:
        raise ConfigurationError(tuple(sorted(self._errors, key=_place)), self.warnings)


def _pieces(value: str) -> Iterator[str]:
    """What may be told of `value` when YAML makes a list of it, or a command several words, or one without quotes."""
    for part in _ENDS.split(value):
        yield part.lstrip("*&!").rstrip(":")
        yield _QUOTES.sub("", part)


def _problem(message: str, place: Place, path: str = "") -> Problem:
    return Problem(message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…", *place, path)


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line, problem.column
