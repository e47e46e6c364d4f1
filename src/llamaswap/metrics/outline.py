"""The few members of a long JSON text that tell of its cost, out of pieces of it (http-api section 13.2). Pure.

A text is taken in windows. Each is split at its quotes; what is no string becomes the row of its marks, brackets,
commas and colons; and from the depths of these follows which of the names that matter stand where they matter. So a
window costs much the same whatever it holds, and nesting costs no memory. Brackets are counted, not matched, and names
are compared as they are written; of several members of one name the last counts, as `json` has it. Two neighbouring
marks that no JSON text has end it all: the text tells nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

LONGEST = 16 * 1024
"""Bytes of a member that is kept; a longer one is taken for `null`."""
_WINDOW = 32 * 1024

_BLANK = b" \t\r\n"
_NO_VALUE_YET = re.compile(rb"[ \t\r\n]*+(:?+)[ \t\r\n]*+")
_VALUE = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+([\[{]?+)")
"""Behind a name; its group holds the bracket that the value begins with, if any."""

_HERE = b"\1"
"""Stands in front of the colon of a name that matters. Elsewhere it is a byte that no JSON text has."""
_AS_LISTS = bytes.maketrans(b"{}", b"[]")
_NO_MARKS = bytes(byte for byte in range(256) if byte not in b'{}[],:"' + _HERE)
_NEVER = (b'""', b'"[', b']"', b"][", b"]:", b",:", b"[:", b"::", b'":":', _HERE)
"""Neighbours that no JSON text has, nor one whose numbers, words and contents of strings are left out."""
_FARTHEST = 3
"""So many marks may make such neighbours of those that follow."""
_STEPS = [{91: 1, 93: -1}.get(byte, 0) for byte in range(256)]

_COSTS = frozenset((b"usage", b"timings", b"metrics"))
_AROUND = frozenset((b"response", b"message"))
_LONGEST_NAME = 8
_READER = json.JSONDecoder()


_Name = tuple[bytes, int, int]
"""A member whose name may matter: the name, which of the texts between quotes follows it, and where in that text its
value begins; -1: the value is neither object nor list."""


class Outline:
    """Reads an object; a list only when told to, and of that the last object."""

    __slots__ = (
        "_around",
        "_beginnings",
        "_closed",
        "_depth",
        "_escaping",
        "_found",
        "_held",
        "_in_string",
        "_is_list",
        "_last",
        "_listed",
        "_names",
        "_vain",
    )

    def __init__(self, *, nested: bool = False, listed: bool = False) -> None:
        """`nested`: `usage` may also stand in `response` and in `message`."""
        self._names, self._beginnings = _NESTED if nested else _PLAIN
        self._listed = listed
        self._is_list = False
        self._closed = False
        self._vain = False
        """Whatever follows, the text tells nothing."""
        self._depth = 0
        self._around = b""
        """The member that is open and looked into, if any."""
        self._found: dict[tuple[bytes, bytes], bytearray | None] = {}
        """By what is around it and its name, each with its text as far as it is kept, and what follows; or null."""
        self._held = b""
        """The beginning of what may be a member that matters: it is looked at when its value begins."""
        self._last = b""
        """The last marks."""
        self._in_string = False
        self._escaping = False
        """The last byte was a backslash that may take a quote's meaning."""

    def feed(self, data: bytes) -> None:
        """The next piece."""
        for start in range(0, len(data), _WINDOW):
            if self._vain:
                return
            window = data[start : start + _WINDOW]
            for text in self._found.values():
                if text is not None and len(text) < LONGEST:
                    text += window[: LONGEST - len(text)]
            if not self._depth:
                window = self._begin(window)
            if window and not self._vain:
                self._pass(self._held + window)

    def close(self) -> Any:
        """The text without all that does not matter. Raises ValueError when it is no whole JSON, or tells nothing."""
        if self._vain or not self._closed:
            raise ValueError("not the JSON text that was looked for")
        left: dict[str, Any] = {}
        for (around, name), text in self._found.items():
            place = left.setdefault(around.decode(), {}) if around else left
            place[name.decode()] = _value(text)
        return [left] if self._is_list else left

    def _begin(self, window: bytes) -> bytes:
        """What is behind the first bracket; outside of it there are only blanks."""
        window = window.lstrip(_BLANK)
        if window:
            self._is_list = window[:1] == b"["
            self._vain = self._closed or (self._is_list and not self._listed) or window[:1] not in (b"[", b"{")
            self._depth = 1
            self._last = b"["
        return window[1:]

    def _pass(self, window: bytes) -> None:
        self._held = b""
        texts = self._plain(window).split(b'"')
        if self._in_string and len(texts) == 1:
            return
        self._hold(texts)
        outside = texts[self._in_string :: 2]
        ends_inside = self._in_string ^ (len(texts) % 2 == 0)
        marks = self._marks(outside, ends_inside, self._last)
        if any(pair in marks for pair in _NEVER):
            self._vain = True
            return
        before, self._last = self._last, marks[-_FARTHEST:]
        if names := self._named(texts, outside):
            marks = self._marks(outside, ends_inside, before)
        self._in_string = ends_inside
        self._count(window, texts, names, marks[len(before) :])

    def _marks(self, outside: list[bytes], ends_inside: bool, before: bytes) -> bytes:
        """What is outside of strings, each of which is a quote; all brackets are those of lists."""
        row = b'"'.join([*outside, b""] if ends_inside else outside)
        return before + row.translate(None, _NO_MARKS).translate(_AS_LISTS)

    def _count(self, window: bytes, texts: Sequence[bytes], names: Sequence[_Name], marks: bytes) -> None:
        brackets = marks.translate(None, b':"' if self._is_list else b',:"')
        closing = brackets.count(b"]")
        if names or self._depth - closing < (2 if self._is_list or self._around else 1):
            self._look(window, texts, names, brackets)
        else:
            self._depth += brackets.count(b"[") - closing

    def _plain(self, window: bytes) -> bytes:
        """It without escapes that could be taken for the end of a string."""
        if self._escaping and window[0] in b'"\\':
            window = b"." + window[1:]
        self._escaping = (len(window) - len(window.rstrip(b"\\"))) % 2 == 1
        if b"\\" in window:
            window = window.replace(b"\\\\", b"..").replace(b'\\"', b"..")
        return window

    def _hold(self, texts: list[bytes]) -> None:
        """Keep what may become a name that matters for the next window, also one whose value is not yet there."""
        quotes = len(texts) - 1 - self._in_string
        if quotes % 2:
            if len(texts[-1]) <= _LONGEST_NAME and texts[-1] in self._beginnings:
                self._held = b'"' + texts.pop()
        elif quotes and texts[-2] in self._names and (rest := _NO_VALUE_YET.fullmatch(texts[-1])):
            self._held = b'"%b"%b' % (texts[-2], rest[1])
            del texts[-2:]

    def _named(self, texts: Sequence[bytes], outside: list[bytes]) -> list[_Name]:
        """The members of a window, at any depth, whose names matter, which are marked in `outside`."""
        names = self._names
        first = 1 + self._in_string
        if names.isdisjoint(texts[first:-1:2]):
            return []
        found = []
        for index in range(first, len(texts) - 1, 2):
            if texts[index] in names and (value := _VALUE.match(texts[index + 1])):
                outside[index + 1 >> 1] = _HERE + texts[index + 1]
                found.append((texts[index], index + 1, value.start(1) if value[1] else -1))
        return found

    def _look(self, window: bytes, texts: Sequence[bytes], names: Sequence[_Name], brackets: bytes) -> None:
        """Find the members that matter among those with their names, and the end of all."""
        depths = list(accumulate(map(_STEPS.__getitem__, brackets), initial=self._depth))
        new: dict[tuple[bytes, bytes], _Name] = {}
        done = 0
        for named in names:
            place = brackets.index(_HERE, done)
            if self._is_list or self._around:
                self._leave(depths, done, brackets[done:place])
            if depths[place] <= 2 and (key := self._replaced(named, depths[place])):
                new[key] = named
            done = place + 1 + (named[2] >= 0)
        if self._is_list or self._around:
            self._leave(depths, done, brackets[done:])
        for key in new.keys() & self._found.keys():
            self._found[key] = _kept(window, texts, new[key])
        self._depth = depths[-1]
        if 0 in depths:
            self._end(depths, texts[-1])

    def _leave(self, depths: Sequence[int], start: int, brackets: bytes) -> None:
        """Whether what is looked into ends among these brackets; of a list, whether another element follows."""
        if 1 not in depths[start : start + len(brackets) + 1]:
            return
        self._around = b""
        if self._is_list and brackets[depths.index(1, start) - start :] not in (b"", b"]"):
            self._found.clear()

    def _replaced(self, named: _Name, depth: int) -> tuple[bytes, bytes] | None:
        """The key of a member that matters, in place of what was there before; None when it does not matter."""
        name, _, value = named
        if depth == 1 and name in _AROUND:
            self._found.pop((name, b"usage"), None)
            self._around = name if value >= 0 else b""
        elif (depth == 1 and not self._is_list) or (depth == 2 and self._is_list and name in _COSTS):
            self._found[b"", name] = None
            return b"", name
        elif depth == 2 and self._around and name == b"usage":
            self._found[self._around, name] = None
            return self._around, name
        return None

    def _end(self, depths: Sequence[int], rest: bytes) -> None:
        """The outermost bracket closes; nothing but blanks may stand behind it."""
        self._closed = True
        whole = self._last[-1:] == b"]" and rest.rstrip(_BLANK)[-1:] in (b"]", b"}")
        self._vain = bool(self._held) or not whole or depths.index(0) < len(depths) - 1


def _kept(window: bytes, texts: Sequence[bytes], named: _Name) -> bytearray | None:
    _, text, value = named
    if value < 0:
        return None
    place = sum(map(len, texts[:text])) + text + value
    return bytearray(window[place : place + LONGEST])


def _value(text: bytearray | None) -> Any:
    """What `text` begins with."""
    if text is None:
        return None
    try:
        return _READER.raw_decode(text.decode("utf-8", "replace"))[0]
    except RecursionError:
        return None
    except ValueError:
        if len(text) < LONGEST:
            raise
        return None


def _with_beginnings(names: frozenset[bytes]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    return names, frozenset(name[:end] for name in names for end in range(len(name) + 1))


_PLAIN = _with_beginnings(_COSTS)
_NESTED = _with_beginnings(_COSTS | _AROUND)
