"""A JSON text that is edited without being written anew: only what is changed differs, byte for byte.

Of the text only the objects and lists on the way to a change are opened. An edited text is as good as it was: what is
damaged inside an untouched value stays so. Pure; linear in the length of the text for each change.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from llamaswap.config.parameters import Path
from llamaswap.errors import BadRequest
from llamaswap.filters.keys import place_to_fill, place_to_strip
from llamaswap.filters.scan import Buffer, Damaged, Edit, Part, Span, parts, skip_blanks, unquoted
from llamaswap.filters.values import placed, stripped

MOST_ITEMS = 65_536
"""Members of an object, or places of a list, that are opened at most: each takes memory."""
_LONGEST_NAME = 4096
"""Bytes of a member's name that are compared with those of rules."""


class Container(ABC):
    """An object or a list of the text, opened."""

    def __init__(self, body: Buffer, start: int) -> None:
        """Open what begins at `start`. Raises `Damaged`, and `BadRequest` when it holds too much."""
        self.body = body
        self.start = start
        self.items: list[Item] = []
        self.end = self._read()

    @abstractmethod
    def place(self, path: Path, new: Any) -> None:
        """Put the value `new` at `path`, which is not empty. Raises what opening does, and `FilterFailed`."""

    @abstractmethod
    def strip(self, path: Path) -> None:
        """Take away what stands at `path`, if anything does. Raises what opening does."""

    @abstractmethod
    def _added(self) -> list[bytes]:
        """What is to stand behind the last item."""

    @property
    def _kept(self) -> list[Item]:
        return [item for item in self.items if not item.gone]

    def edits(self) -> Iterator[Edit]:
        """Every change, in ascending order."""
        something_before = False
        for number, item in enumerate(self.items):
            if item.gone:
                yield self._without(number, something_before), b""
            else:
                something_before = True
                yield from item.edits()
        if added := self._added():
            end = self.items[-1].value.end if self.items else self.start + 1
            yield Span(end, end), (b"," if something_before else b"") + b",".join(added)

    def _without(self, number: int, something_before: bool) -> Span:
        """What goes with an item: the comma before it where something stays there, else the one behind it."""
        if something_before:
            return Span(self.items[number - 1].value.end, self.items[number].value.end)
        after = self.items[number + 1].start if number + 1 < len(self.items) else self.items[number].value.end
        return Span(self.items[number].start, after)

    def _read(self) -> int:
        """Find all items; the answer is where the container ends."""
        end = self.start + 1
        for part in parts(self.body, self.start):
            if len(self.items) == MOST_ITEMS:
                raise BadRequest(f"more than {MOST_ITEMS} members in one place of the request: it cannot be filtered")
            self.items.append(Item(self.body, part))
            end = part.end
        return skip_blanks(self.body, end) + 1


class Item:
    """A member of an object, or a place of a list."""

    __slots__ = ("_body", "_inside", "_new", "_replaced", "gone", "name", "start", "value")

    def __init__(self, body: Buffer, part: Part) -> None:
        self._body = body
        self.start = part.start
        self.value = Span(part.value, part.end)
        self.name = _name_of(body, part)
        self.gone = False
        self._inside: Container | None = None
        self._new: Any = None
        self._replaced = False

    def place(self, path: Path, new: Any) -> None:
        """Put the value `new` at `path`, in place of this item where that is empty."""
        inside = self._opened() if path else None
        if inside is not None:
            inside.place(path, new)
        else:
            self._new = placed(self._new, path, new)
            self._replaced = True

    def strip(self, path: Path) -> None:
        """Take away what stands at `path`; the item itself where that is empty."""
        if not path:
            self.gone = True
        elif self._replaced:
            self._new = stripped(self._new, path)
        elif (inside := self._opened()) is not None:
            inside.strip(path)

    def _opened(self) -> Container | None:
        """The container of the text that it still is."""
        if self._inside is None and not self._replaced:
            self._inside = _opened(self._body, self.value.start)
        return None if self._replaced else self._inside

    def edits(self) -> Iterator[Edit]:
        if self._replaced:
            yield self.value, _dumped(self._new)
        elif self._inside is not None:
            yield from self._inside.edits()


class Object(Container):
    """Where several members have one name, all of them are meant: who reads the text may take any."""

    def __init__(self, body: Buffer, start: int) -> None:
        self._more: dict[str, Any] = {}
        super().__init__(body, start)

    def place(self, path: Path, new: Any) -> None:
        name, rest = path[0], path[1:]
        found = self._named(name)
        if not found:
            self._more[name] = placed(self._more.get(name), rest, new)
            return
        for double in found[1:]:
            double.gone = True
        found[0].place(rest, new)

    def strip(self, path: Path) -> None:
        self._more = stripped(self._more, path)
        for item in self._named(path[0]):
            item.strip(path[1:])

    def _named(self, name: str) -> list[Item]:
        return [item for item in self.items if item.name == name and not item.gone]

    def _added(self) -> list[bytes]:
        return [_dumped(name) + b":" + _dumped(value) for name, value in self._more.items()]


class List(Container):
    """Its places are counted as they are after the changes so far."""

    def __init__(self, body: Buffer, start: int) -> None:
        self._more: list[Any] = []
        super().__init__(body, start)

    def place(self, path: Path, new: Any) -> None:
        kept = self._kept
        place = place_to_fill(path[0], len(kept) + len(self._more))
        if place < len(kept):
            kept[place].place(path[1:], new)
        else:
            self._more = placed(self._more, (str(place - len(kept)), *path[1:]), new)

    def strip(self, path: Path) -> None:
        kept = self._kept
        place = place_to_strip(path[0], len(kept) + len(self._more))
        if place is None:
            return
        if place < len(kept):
            kept[place].strip(path[1:])
        else:
            self._more = stripped(self._more, (str(place - len(kept)), *path[1:]))

    def _added(self) -> list[bytes]:
        return [_dumped(value) for value in self._more]


def open_document(body: Buffer) -> Container:
    """The object that `body` is, and nothing else. Raises `Damaged` for any other text, and `BadRequest`."""
    start = skip_blanks(body, 0)
    if body[start : start + 1] != b"{":
        raise Damaged
    document = Object(body, start)
    if skip_blanks(body, document.end) != len(body):
        raise Damaged
    return document


def _opened(body: Buffer, start: int) -> Container | None:
    match body[start : start + 1]:
        case b"{":
            return Object(body, start)
        case b"[":
            return List(body, start)
    return None


def _name_of(body: Buffer, part: Part) -> str | None:
    """None for a place of a list, and for a name that is no rule's."""
    named = 0 < part.name_end - part.start <= _LONGEST_NAME
    return unquoted(body[part.start : part.name_end]) if named else None


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
