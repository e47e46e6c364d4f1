"""What the configuration wants to be different in requests, and how that is done to a JSON body (http-api section 6.5).

First parameters are stripped, then set, then set once more for the name that was asked for. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llamaswap.config.parameters import Path, set_path, strip_path
from llamaswap.config.schema import Filters
from llamaswap.filters.document import Container, open_document
from llamaswap.filters.keys import FilterFailed
from llamaswap.filters.scan import Buffer, Damaged, Edit


@dataclass(frozen=True, slots=True)
class Strip:
    """Take a parameter away."""

    key: str
    path: Path | None

    def apply(self, document: Container) -> None:
        if self.path is None:
            raise FilterFailed(f"error stripping parameter {self.key}: wildcards cannot be stripped")
        document.strip(self.path)


@dataclass(frozen=True, slots=True)
class Set:
    """Give a parameter a value."""

    key: str
    path: Path
    value: Any

    def apply(self, document: Container) -> None:
        try:
            if not self.key:
                raise FilterFailed("its name is empty")
            document.place(self.path, self.value)
        except FilterFailed as error:
            raise FilterFailed(f"error setting parameter {self.key}: {error}") from error


Rule = Strip | Set


class Rules:
    """The filters of a model or a peer, ready for use."""

    def __init__(self, filters: Filters) -> None:
        strips = [Strip(key, strip_path(key)) for key in filters.strip_params]
        self._always: tuple[Rule, ...] = (*strips, *_sets(filters.set_params))
        self._by_name = {name: (*self._always, *_sets(values)) for name, values in filters.set_params_by_id.items()}

    def __bool__(self) -> bool:
        return bool(self._always or any(self._by_name.values()))

    def for_name(self, name: str) -> tuple[Rule, ...]:
        """What holds for a request that asks for `name`."""
        return self._by_name.get(name, self._always)


def _sets(values: Mapping[str, Any]) -> list[Set]:
    return [Set(key, path, values[key]) for key in sorted(values) if (path := set_path(key)) is not None]


def edits_for(body: Buffer, rules: tuple[Rule, ...]) -> list[Edit]:
    """The edits of `body` that the rules ask for, one after the other; none for a text that is no JSON (Q3).

    Raises `FilterFailed`, and `BadRequest` for a text with too many members.
    """
    try:
        document = open_document(body)
        for rule in rules:
            rule.apply(document)
    except Damaged:
        return []
    return list(document.edits())


def joined(edits: list[Edit], renaming: list[Edit]) -> list[Edit]:
    """Both, in order; where they touch the same, `edits` hold."""
    free = [(span, new) for span, new in renaming if not any(_overlap(span.start, span.end, edit) for edit in edits)]
    return sorted((*edits, *free), key=lambda edit: (edit[0].start, edit[0].end))


def _overlap(start: int, end: int, edit: Edit) -> bool:
    return edit[0].start < end and start < edit[0].end
