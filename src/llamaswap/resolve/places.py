"""Where in a request the model's name stands (http-api section 6.2). Pure: bytes in, spans out.

Bodies are scanned, never parsed whole and never re-serialised: what is renamed is one span of bytes, and all others
stay as the client wrote them. The scanners take `bytes` or an `mmap`, and tolerate damage behind what they need.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from mmap import mmap
from urllib.parse import unquote_plus, unquote_to_bytes

Buffer = bytes | mmap

_FORM_LIMIT = 10 * 1024 * 1024
"""A urlencoded body longer than this names no model."""

# No single match may take long: it holds the interpreter, and with it every other request. So strings are matched up
# to some 16 KiB (longer ones end where `_string_end` finds it), gaps up to 1 KiB, and only so many tokens at once.
_STRING = rb'"(?:[^"\\]{1,1024}+|\\.){0,16}+"'
_GAP = rb'[^"{}\[\]]{1,1024}+'
_FLAT = rb"(?:" + _GAP + rb"|" + _STRING + rb"){0,64}+"
_NEST = rb"[{\[]" + _FLAT + rb"[}\]]"
_SKIP = re.compile(rb"(?:" + _GAP + rb"|" + _STRING + rb"|" + _NEST + rb"){0,256}+", re.DOTALL)
"""What holds no bracket that does not close within one level: messages are flat, so this is a few steps."""
_OPEN = re.compile(rb"\s{0,1024}+\{")
_BLANK = re.compile(rb"\s{0,1024}+")
_COLON = re.compile(rb"\s{0,1024}+:\s{0,1024}+")
_SCALAR = re.compile(rb"[^\s,\]}]++")
_NEXT = re.compile(rb"\s*+,")

_LONGEST_KEY = 64
_BACKSLASH = ord("\\")
_PAIRS = re.compile(rb"[^&]+")

_BOUNDARY = re.compile(rb'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb';\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_FILENAME = re.compile(rb";\s*filename\*?=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a buffer, from `start` up to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """The name as text, and every place in the body that a rename must change (none for a query or a form)."""

    name: str
    spans: tuple[Span, ...] = ()
    as_json: bool = False
    """The places hold a JSON value rather than plain text."""


def find_model(method: bytes, query: bytes, content_type: bytes, body: Buffer) -> Found | None:
    """The model that a request names, or None. `query` is without its `?`."""
    kind = content_type.lower()
    if method in (b"GET", b"HEAD"):
        return _plain(_field(query))
    if b"application/json" in kind or b"+json" in kind:
        return find_json(body)
    if b"multipart/form-data" in kind:
        spans = multipart_fields(content_type, body, b"model")
        name = _field(query) or (_text(body, spans[0]) if spans else None)
        return Found(name, spans) if name else None
    if b"application/x-www-form-urlencoded" in kind and len(body) <= _FORM_LIMIT:
        return _plain(_field(body[:]) or _field(query))
    return _plain(_field(query))


def _plain(name: str | None) -> Found | None:
    return Found(name) if name else None


def _text(body: Buffer, span: Span) -> str:
    return body[span.start : span.end].decode("utf-8", "replace")


def _field(encoded: bytes) -> str | None:
    """The first value of `model` in a urlencoded text."""
    for pair in _PAIRS.finditer(encoded):
        name, _, value = pair[0].partition(b"=")
        if name == b"model" or (b"%" in name and unquote_to_bytes(name) == b"model"):
            return unquote_plus(value.decode("latin-1"), errors="replace")
    return None


# -- JSON --------------------------------------------------------------------------------------------------------


def find_json(body: Buffer) -> Found | None:
    """The first top-level member `model`: text, or a number, boolean or container as its raw text."""
    span = find_member(body, "model")
    return _named(body, span) if span is not None else None


def find_member(body: Buffer, name: str) -> Span | None:
    """Where the value of the first top-level member `name` of a JSON object stands."""
    plain = f'"{name}"'.encode()
    opening = _OPEN.match(body)
    position = opening.end() if opening else len(body)
    while (key := _key(body, position)) is not None:
        start = key.end
        end = _value_end(body, start)
        if body[key.start : key.start + len(plain)] == plain or _unquote(_literal(body, key.start)) == name:
            return Span(start, end)
        separator = _NEXT.match(body, end)
        position = separator.end() if separator else len(body)
    return None


def _key(body: Buffer, position: int) -> Span | None:
    """A member's key at `position`: where its literal begins, and where its value does."""
    blank = _BLANK.match(body, position)
    start = blank.end() if blank else position
    if body[start : start + 1] != b'"':
        return None
    colon = _COLON.match(body, _string_end(body, start))
    return Span(start, colon.end()) if colon else None


def _literal(body: Buffer, start: int) -> bytes:
    """The string literal at `start`; of a long one, which is no name we know, nothing."""
    end = _string_end(body, start)
    return body[start:end] if end - start < _LONGEST_KEY else b""


def _string_end(body: Buffer, start: int) -> int:
    """Behind the closing quote of the string that opens at `start`; the end of the body for one that never closes."""
    position = start + 1
    while (quote := body.find(b'"', position)) >= 0:
        before = quote
        while before > position and body[before - 1] == _BACKSLASH:
            before -= 1
        if (quote - before) % 2 == 0:
            return quote + 1
        position = quote + 1
    return len(body)


def _named(body: Buffer, span: Span) -> Found | None:
    raw = body[span.start : span.end]
    name = _unquote(raw) if raw.startswith(b'"') else raw.decode("utf-8", "replace")
    return Found(name, (span,), as_json=True) if name and raw != b"null" else None


def _value_end(body: Buffer, start: int) -> int:
    """Where the value at `start` ends; the end of the body for one that is damaged."""
    first = body[start : start + 1]
    if first == b'"':
        return _string_end(body, start)
    if first in (b"{", b"["):
        return _container_end(body, start)
    scalar = _SCALAR.match(body, start)
    return scalar.end() if scalar else start


def _container_end(body: Buffer, start: int) -> int:
    depth, position = 1, start + 1
    while depth:
        skipped = _SKIP.match(body, position)
        position = skipped.end() if skipped else position
        mark = body[position : position + 1]
        if mark == b'"':
            position = _string_end(body, position)
        elif mark in (b"{", b"["):
            depth, position = depth + 1, position + 1
        elif mark in (b"}", b"]"):
            depth, position = depth - 1, position + 1
        elif not mark:
            return position
    return position


def _unquote(raw: bytes) -> str:
    """The text of a JSON string literal; what is not well-formed is read as far as it goes."""
    if b"\\" not in raw:
        return raw[1:-1].decode("utf-8", "replace") if len(raw) > 1 and raw.endswith(b'"') else ""
    try:
        value = json.loads(raw, strict=False)
    except ValueError:
        return ""
    return str(value).encode("utf-8", "replace").decode("utf-8")


# -- multipart ---------------------------------------------------------------------------------------------------


def multipart_fields(content_type: bytes, body: Buffer, field: bytes) -> tuple[Span, ...]:
    """Where the values of the form field `field` stand; files of that name are no fields."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return ()
    delimiter = b"--" + (boundary[1] or boundary[2])
    spans = []
    position = 0 if body[: len(delimiter)] == delimiter else body.find(b"\r\n" + delimiter) + 2
    while position >= 2 or (position == 0 and body[: len(delimiter)] == delimiter):
        head_end = body.find(b"\r\n\r\n", position)
        value_end = body.find(b"\r\n" + delimiter, head_end)
        if head_end < 0 or value_end < 0:
            break
        if _is_field(body[position:head_end], field):
            spans.append(Span(head_end + 4, value_end))
        position = value_end + 2
    return tuple(spans)


def _is_field(head: bytes, field: bytes) -> bool:
    disposition = _DISPOSITION.search(head)
    if disposition is None or _FILENAME.search(disposition[1]):
        return False
    name = _NAME.search(disposition[1])
    return name is not None and (name[1] if name[1] is not None else name[2]) == field
