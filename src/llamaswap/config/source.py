"""One text of a configuration, and where its parts stood in the file it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """A place in a file; line and column are 1-based."""

    file: str
    line: int
    column: int


NOWHERE = Place("", 0, 0)


NO_VARIABLES: frozenset[str] = frozenset()


class Edit(NamedTuple):
    """A piece of a line that was put in place of another; columns are 1-based."""

    column: int
    """Where the new piece begins."""
    length: int
    instead: int
    """Length of the old piece."""
    variable: str = ""
    """The variable of the environment whose value the new piece is."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text, called `file` in messages."""

    file: str
    text: str
    edits: Mapping[int, Sequence[Edit]] = field(default_factory=dict)
    """By line, in order of their columns: what was put into the text since it was read."""
    origin: Source | None = None
    """The text before these edits."""

    def place(self, line: int, column: int) -> Place:
        """Where the character at this line and column of `text` comes from."""
        if self.origin is None:
            return Place(self.file, line, column)
        return self.origin.place(line, _unedited(self.edits.get(line, ()), column))

    def variables(self, start: tuple[int, int], end: tuple[int, int]) -> frozenset[str]:
        """The variables whose values stand in `text` from the line and column `start` to before `end`."""
        if self.origin is None:
            return NO_VARIABLES
        found = {
            edit.variable
            for line in range(start[0], end[0] + 1)
            for edit in self.edits.get(line, ())
            if (line, edit.column) < end and (line, edit.column + edit.length) > start
        }
        old = [(line, _unedited(self.edits.get(line, ()), column)) for line, column in (start, end)]
        return self.origin.variables(old[0], old[1]) | found


def find(sources: Sequence[Source], place: Place, lines: int, words: str) -> Place:
    """Where `words` stand in the `lines` lines from `place` on, in the text that was read; `place` if they do not."""
    for source in sources:
        if source.file == place.file:
            text = source.text.splitlines()[place.line - 1 : place.line - 1 + lines]
            for number, line in enumerate(text):
                column = line.find(words, place.column - 1 if number == 0 else 0)
                if column >= 0:
                    return Place(place.file, place.line + number, column + 1)
    return place


def _unedited(edits: Sequence[Edit], column: int) -> int:
    shift = 0
    for edit in edits:
        if column < edit.column:
            break
        if column < edit.column + edit.length:
            return edit.column + shift
        shift += edit.instead - edit.length
    return column + shift
