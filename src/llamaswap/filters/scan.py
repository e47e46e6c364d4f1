"""Where the parts of a JSON text stand. Pure: bytes in, places out.

Texts are scanned, never parsed whole: nothing is converted, and nesting costs no stack. The scanners take `bytes` or an
`mmap`. What they say of a text that is damaged further on is true as far as it goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import NamedTuple

Buffer = bytes | mmap

# No single match may take long: it holds the interpreter, and with it every other request. So strings are matched up
# to some 16 KiB (longer ones end where `string_end` finds it), gaps up to 1 KiB, and only so many tokens at once.
_STRING = rb'"(?:[^"\\]{1,1024}+|\\.){0,16}+"'
_GAP = rb'[^"{}\[\]]{1,1024}+'
_FLAT = rb"(?:" + _GAP + rb"|" + _STRING + rb"){0,64}+"
_NEST = rb"[{\[]" + _FLAT + rb"[}\]]"
_SKIP = re.compile(rb"(?:" + _GAP + rb"|" + _STRING + rb"|" + _NEST + rb"){0,256}+", re.DOTALL)
"""What holds no bracket that does not close within one level: messages are flat, so this is a few steps."""
_LONGEST_BLANK = 1024
_BLANK = re.compile(rb"\s{0,%d}+" % _LONGEST_BLANK)
_SCALAR = re.compile(rb"[^\s,\]}]++")

_ESCAPES = re.compile(rb'(?:\\.|[^"\\]{1,1024}+){1,1024}+', re.DOTALL)
"""Much of what a string holds from an escape on, and nothing of what follows it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a buffer, from `start` up to before `end`."""

    start: int
    end: int


class Damaged(Exception):
    """The text is no JSON, as far as it was looked at."""


class Part(NamedTuple):
    """A member of an object, or a place of a list."""

    start: int
    """Where it begins: a member with its name."""
    name_end: int
    """Behind the name's literal; `start` for a place of a list."""
    value: int
    """Where its value begins, and where it ends."""
    end: int


Edit = tuple[Span, bytes]
"""What stands in place of a stretch; of several, none overlaps another, and they are in ascending order."""


def skip_blanks(body: Buffer, position: int) -> int:
    """Where the next token begins."""
    if body[position : position + 1] > b" ":
        return position
    while blank := _BLANK.match(body, position):
        before, position = position, blank.end()
        if position - before < _LONGEST_BLANK:
            break
    return position


def string_end(body: Buffer, start: int) -> int | None:
    """Behind the closing quote of the string that opens at `start`; None for one that never closes."""
    position, quote = start + 1, -1
    while True:
        if quote < position:
            quote = body.find(b'"', position)
        if quote < 0:
            return None
        escape = body.find(b"\\", position, quote)
        if escape < 0:
            return quote + 1
        escapes = _ESCAPES.match(body, escape)
        if escapes is None:
            return None
        position = escapes.end()


def value_end(body: Buffer, start: int) -> int | None:
    """Behind the value at `start`; None where there is none, or one that never ends."""
    first = body[start : start + 1]
    if first == b'"':
        return string_end(body, start)
    if first in (b"{", b"["):
        return _container_end(body, start)
    scalar = _SCALAR.match(body, start)
    return scalar.end() if scalar else None


def parts(body: Buffer, start: int) -> Iterator[Part]:
    """What the object or list that opens at `start` consists of, in order.

    Each is whole when it comes, whatever follows it. Raises `Damaged` where the text goes wrong; otherwise the last one
    is followed by the closing bracket.
    """
    is_object = body[start : start + 1] == b"{"
    closing = b"}" if is_object else b"]"
    position = skip_blanks(body, start + 1)
    if body[position : position + 1] == closing:
        return
    while True:
        name_end, value = _name(body, position) if is_object else (position, position)
        end = value_end(body, value)
        if end is None:
            raise Damaged
        yield Part(position, name_end, value, end)
        position = skip_blanks(body, end)
        mark = body[position : position + 1]
        if mark == closing:
            return
        if mark != b",":
            raise Damaged
        position = skip_blanks(body, position + 1)


def _name(body: Buffer, start: int) -> tuple[int, int]:
    """Where the name at `start` ends, and where its value begins."""
    end = string_end(body, start) if body[start : start + 1] == b'"' else None
    if end is None:
        raise Damaged
    colon = skip_blanks(body, end)
    if body[colon : colon + 1] != b":":
        raise Damaged
    return end, skip_blanks(body, colon + 1)


def _container_end(body: Buffer, start: int) -> int | None:
    depth, position = 1, start + 1
    while depth:
        skipped = _SKIP.match(body, position)
        position = skipped.end() if skipped else position
        mark = body[position : position + 1]
        if mark == b'"':
            end = string_end(body, position)
            if end is None:
                return None
            position = end
        elif mark in (b"{", b"["):
            depth, position = depth + 1, position + 1
        elif mark in (b"}", b"]"):
            depth, position = depth - 1, position + 1
        elif not mark:
            return None
    return position


def unquoted(raw: bytes) -> str | None:
    """The text of a JSON string literal; None for one that is not well-formed. What is no UTF-8 is replaced."""
    if b"\\" not in raw:
        return raw[1:-1].decode("utf-8", "replace") if len(raw) > 1 and raw.endswith(b'"') else None
    try:
        value = json.loads(raw, strict=False)
    except ValueError:
        return None
    return str(value).encode("utf-8", "replace").decode("utf-8")
