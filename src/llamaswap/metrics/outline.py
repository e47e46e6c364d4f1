"""The few members of a long JSON text that tell of its cost, out of pieces of it (http-api section 13.2). Pure.

Nothing else is kept, nothing is converted before the end, and nesting costs no memory. Brackets are counted, not
matched, and names are compared as they are written; of several members of one name the last counts, as `json` has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

LONGEST = 16 * 1024
"""Bytes of a member that is kept; a longer one is taken for `null`."""
_FIRST_WINDOW = 512
"""Bytes that are looked at together: four times as many each time, as long as a value does not end among them."""
_LAST_WINDOW = 64 * 1024

_TOKEN = re.compile(rb'[ \t\r\n]*+([{}\[\],:"]|[^ \t\r\n{}\[\],:"]++|)')
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BLANK = rb"[ \t\r\n]*+"
_WANTED_NAMES = rb'"(?:usage|timings|metrics|response|message)"'
_DULL = re.compile(
    rb"(?:" + _BLANK + rb"(?!" + _WANTED_NAMES + rb")" + _STRING + _BLANK + rb":" + _BLANK
    + rb"(?:" + _STRING + rb'|[^ \t\r\n{}\[\],:"]++)' + _BLANK + rb",)*+",
    re.DOTALL,
)  # fmt: skip
"""Members that are of no interest, and no objects or lists; with the comma behind each."""

_BRACKET = re.compile(rb"[{}\[\]]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")
_STEPS = [{123: 1, 91: 1, 125: -1, 93: -1}.get(byte, 0) for byte in range(256)]

_WANTED = frozenset(
    [(b"", b"usage"), (b"", b"timings"), (b"", b"metrics"), (b"response", b"usage"), (b"message", b"usage")]
)
"""Each with the member of the outermost object in which it stands, if any."""
_AROUND = frozenset((b"response", b"message"))
_NULL = b"null"


class Outline:
    """Reads an object; a list only when told to, and of that the last object."""

    __slots__ = (
        "_around",
        "_closed",
        "_depth",
        "_escaping",
        "_found",
        "_in_string",
        "_is_list",
        "_kept",
        "_key",
        "_listed",
        "_name",
        "_naming",
        "_nested",
        "_opened",
        "_vain",
        "_window",
    )

    def __init__(self, *, nested: bool = False, listed: bool = False) -> None:
        """`nested`: `usage` may also stand in `response` and in `message`."""
        self._nested = nested
        self._listed = listed
        self._is_list = False
        self._closed = False
        self._vain = False
        """Whatever follows, the text tells nothing."""
        self._depth = 0
        """Brackets that are open, and how many of them, from the outermost on, belong to what is looked into."""
        self._opened = 0
        self._around = b""
        self._key: bytes | None = None
        """Where the value stands that is under way, or that comes next."""
        self._kept: bytearray | None = None
        """What there is of a name, or of a value that is wanted."""
        self._found: dict[tuple[bytes, bytes | None], bytes] = {}
        self._in_string = False
        self._escaping = False
        """The last byte was a backslash that may take a quote's meaning."""
        self._naming = False
        self._name = b""
        self._window = _FIRST_WINDOW

    def feed(self, data: bytes) -> None:
        """The next piece."""
        position, size = 0, len(data)
        while position < size and not self._vain:
            if self._depth > self._opened:
                position = self._pass_value(data, position)
            elif self._in_string:
                position = self._pass_string(data, position)
            else:
                position = self._pass_token(data, position)

    def close(self) -> Any:
        """The text without all that does not matter. Raises ValueError when it is no whole JSON, or tells nothing."""
        if self._vain or not self._closed:
            raise ValueError("not the JSON text that was looked for")
        left: dict[str, Any] = {}
        for (around, key), text in self._found.items():
            place = left.setdefault(around.decode(), {}) if around else left
            place[(key or b"").decode()] = _value(text)
        return [left] if self._is_list else left

    def _pass_value(self, data: bytes, start: int) -> int:
        """Pass a window of a value that is not looked into, or what there is of it."""
        begin, plain = self._plain(data, start)
        texts = plain.split(b'"')
        marks = b"".join(texts[self._in_string :: 2]).translate(None, _NO_BRACKETS)
        closing = marks.count(b"}") + marks.count(b"]")
        if self._depth - closing <= self._opened:
            depths = list(accumulate(map(_STEPS.__getitem__, marks), initial=self._depth))
            if self._opened in depths:
                return self._end_value(data, start, begin + _behind(texts, self._in_string, depths.index(self._opened)))
        self._depth += len(marks) - 2 * closing
        self._in_string ^= len(texts) % 2 == 0
        self._keep(data, start, begin + len(plain))
        return begin + len(plain)

    def _end_value(self, data: bytes, start: int, end: int) -> int:
        self._depth = self._opened
        self._in_string = self._escaping = False
        self._keep(data, start, end)
        if self._kept is not None:
            self._found[self._around, self._key] = bytes(self._kept)
            self._kept = None
        return end

    def _pass_string(self, data: bytes, start: int) -> int:
        """Pass a window of a string, or what there is of it."""
        begin, plain = self._plain(data, start)
        quote = plain.find(b'"')
        if quote < 0:
            self._keep(data, start, begin + len(plain))
            return begin + len(plain)
        self._in_string = self._escaping = False
        if self._naming:
            self._keep(data, start, begin + quote)
            self._name = bytes(self._kept or b"")
            self._naming, self._kept = False, None
        return begin + quote + 1

    def _pass_token(self, data: bytes, start: int) -> int:
        """Pass a token of what is looked into, or outside of all."""
        token = _TOKEN.match(data, start)
        assert token is not None
        mark, end = token[1], token.end()
        if mark and not self._depth and (self._closed or mark not in b"{["):
            self._vain = True
        elif mark == b'"':
            self._open_string()
        elif mark == b":":
            self._expect_value()
        elif mark == b",":
            end = self._expect_member(data, end)
        elif mark in (b"{", b"["):
            end = self._open(mark, data, end)
        elif mark in (b"}", b"]"):
            self._close()
        elif mark:
            self._keep_null()
        return end

    def _plain(self, data: bytes, start: int) -> tuple[int, bytes]:
        """A window without escapes that could be taken for the end of a string, and where it begins."""
        begin = start + 1 if self._escaping and data[start] in b'"\\' else start
        window = data[begin : begin + self._window]
        self._window = min(4 * self._window, _LAST_WINDOW)
        self._escaping = (len(window) - len(window.rstrip(b"\\"))) % 2 == 1
        if b"\\" in window:
            window = window.replace(b"\\\\", b"..").replace(b'\\"', b"..")
        return begin, window

    def _open_string(self) -> None:
        self._in_string = True
        self._window = _FIRST_WINDOW
        self._naming = self._key is None
        if self._naming:
            self._kept = bytearray()
        else:
            self._keep_null()

    def _expect_value(self) -> None:
        """It replaces what the member's namesake before held."""
        self._key = self._name
        self._found.pop((self._around, self._key), None)
        if self._key in _AROUND and not self._around:
            self._found.pop((self._key, b"usage"), None)

    def _expect_member(self, data: bytes, position: int) -> int:
        """Behind a comma, or at the beginning of an object."""
        self._key = None
        self._name = b""
        if self._is_list and self._depth == 1:
            self._found.clear()
            return position
        dull = _DULL.match(data, position)
        return dull.end() if dull else position

    def _open(self, mark: bytes, data: bytes, position: int) -> int:
        self._depth += 1
        if self._depth == 1:
            self._opened = 1
            self._is_list = mark == b"["
            self._vain = self._is_list and not self._listed
        elif self._depth == 2 and mark == b"{" and (self._is_list or (self._nested and self._key in _AROUND)):
            self._opened = 2
            self._around = self._key or b""
        else:
            self._window = _FIRST_WINDOW
            self._kept = bytearray(mark) if (self._around, self._key) in _WANTED else None
            return position
        return self._expect_member(data, position)

    def _close(self) -> None:
        self._depth -= 1
        self._opened = self._depth
        self._around, self._key = b"", None
        self._closed = not self._depth

    def _keep(self, data: bytes, start: int, end: int) -> None:
        if self._kept is not None:
            self._kept += data[start : min(end, start + LONGEST + 1 - len(self._kept))]

    def _keep_null(self) -> None:
        """A value that is no object counts like none; what matters is that it is there."""
        if (self._around, self._key) in _WANTED:
            self._found[self._around, self._key] = _NULL


def _behind(texts: Sequence[bytes], in_string: bool, number: int) -> int:
    """Where the bracket of this number ends; every second one of `texts`, with a quote between them, is a string."""
    position = 0
    for index, text in enumerate(texts):
        if index % 2 == in_string:
            ends = [bracket.end() for bracket in _BRACKET.finditer(text)]
            if number <= len(ends):
                return position + ends[number - 1]
            number -= len(ends)
        position += len(text) + 1
    return position


def _value(text: bytes) -> Any:
    if len(text) > LONGEST:
        return None
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except RecursionError:
        return None
