"""Where in a request the model's name stands (http-api section 6.2). Pure: bytes in, spans out.

Bodies are scanned, never parsed whole and never re-serialised: what is renamed are spans of bytes, and all others
stay as the client wrote them. Damage behind what is needed is tolerated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from urllib.parse import quote_plus, unquote_plus, unquote_to_bytes

from llamaswap.filters.scan import Buffer, Damaged, Edit, Span, parts, skip_blanks, unquoted

_MOST_MEMBERS = 10_000
"""Members of a JSON object, or fields of a form, that are looked at: who has more before the name has made it up to
keep us busy."""
_FORM_LIMIT = 10 * 1024 * 1024
"""A urlencoded body longer than this names no model."""
_LONGEST_KEY = 64
_LONGEST_BEGINNING = 256
"""Bytes of a body that are worth being remembered."""
_FIRST_MEMBER = re.compile(rb'\s{0,64}+\{\s{0,64}+"model"\s{0,64}+:\s{0,64}+("[^"\\]{1,1024}+")')
"""The name where most clients write it, and without escapes. (The scanner finds the same, in ten times as long.)"""

_PAIRS = re.compile(rb"[^&]+")

_BOUNDARY = re.compile(rb'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb';\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_FILENAME = re.compile(rb";\s*filename\*?=", re.IGNORECASE)


class Place(Enum):
    """What the name was found in."""

    JSON = "a member of a JSON body"
    MULTIPART = "a field of a multipart form"
    FORM = "a field of a urlencoded form"
    QUERY = "the query"


@dataclass(frozen=True, slots=True)
class Found:
    """The name as text, and every place that a rename must change."""

    name: str
    place: Place
    spans: tuple[Span, ...] = ()
    """In the body."""
    in_query: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A name that was found in a JSON body, and all that was read to find it: a body that begins so names the same."""

    beginning: bytes
    found: Found

    @classmethod
    def of(cls, found: Found, body: Buffer) -> Known | None:
        """None for a name that is no string, whose end shows only in what follows, or not near the beginning."""
        if found.place is not Place.JSON:
            return None
        span = found.spans[0]
        if span.end > _LONGEST_BEGINNING or body[span.start : span.start + 1] != b'"':
            return None
        return cls(body[: span.end], found)


def find_model(method: bytes, query: bytes, content_type: bytes, body: Buffer) -> Found | None:
    """The model that a request names, or None. `query` is without its `?`."""
    place = Place.QUERY if method in (b"GET", b"HEAD") else kind_of(content_type)
    if place is Place.JSON:
        return find_json(body)
    if place is Place.MULTIPART:
        return _in_multipart(query, content_type, body)
    if place is Place.FORM and len(body) <= _FORM_LIMIT:
        return _in_form(body[:]) or _in_query(query)
    return _in_query(query)


def kind_of(content_type: bytes) -> Place:
    """Where a body of this type says what is wanted; in the query for one that cannot say it."""
    kind = content_type.lower()
    if b"application/json" in kind or b"+json" in kind:
        return Place.JSON
    if b"multipart/form-data" in kind:
        return Place.MULTIPART
    return Place.FORM if b"application/x-www-form-urlencoded" in kind else Place.QUERY


def renamed(found: Found, name: str) -> list[Edit]:
    """The edits of the body that put `name` in place of the one that was found."""
    match found.place:
        case Place.JSON:
            new = json.dumps(name).encode()
        case Place.FORM:
            new = quote_plus(name, errors="replace").encode()
        case _:
            new = name.encode(errors="replace")
    return [(span, new) for span in found.spans]


def renamed_query(query: bytes, spans: Sequence[Span], name: str) -> bytes:
    """`query` with `name` in place of `spans`; all other parameters stay as they are."""
    new = quote_plus(name, errors="replace").encode()
    pieces, position = [], 0
    for span in spans:
        pieces += [query[position : span.start], new]
        position = span.end
    return b"".join((*pieces, query[position:]))


# -- urlencoded --------------------------------------------------------------------------------------------------


def _in_query(query: bytes) -> Found | None:
    spans = tuple(fields(query, b"model"))
    name = _decoded(query, spans)
    return Found(name, Place.QUERY, in_query=spans) if name else None


def _in_form(body: bytes) -> Found | None:
    spans = tuple(fields(body, b"model"))
    name = _decoded(body, spans)
    return Found(name, Place.FORM, spans) if name else None


def fields(encoded: bytes, field: bytes) -> Iterator[Span]:
    """Where the values of `field` stand in a urlencoded text."""
    for pair in islice(_PAIRS.finditer(encoded), _MOST_MEMBERS):
        name, equals, _ = pair[0].partition(b"=")
        if equals and (name == field or (b"%" in name and unquote_to_bytes(name) == field)):
            yield Span(pair.start() + len(name) + 1, pair.end())


def _decoded(encoded: bytes, spans: Sequence[Span]) -> str:
    """The first value; empty when there is none."""
    if not spans:
        return ""
    value = encoded[spans[0].start : spans[0].end]
    return unquote_plus(value.decode("latin-1"), errors="replace")


# -- JSON --------------------------------------------------------------------------------------------------------


def find_json(body: Buffer) -> Found | None:
    """The first top-level member `model`: text, or a number, boolean or container as its raw text."""
    first = _FIRST_MEMBER.match(body)
    span = Span(*first.span(1)) if first is not None else find_member(body, "model")
    return _named(body, span) if span is not None else None


def find_member(body: Buffer, name: str) -> Span | None:
    """Where the value of the first top-level member `name` of a JSON object stands."""
    start = skip_blanks(body, 0)
    if body[start : start + 1] != b"{":
        return None
    plain = f'"{name}"'.encode()
    try:
        for part in islice(parts(body, start), _MOST_MEMBERS):
            if _is_name(body[part.start : min(part.name_end, part.start + _LONGEST_KEY)], plain, name):
                return Span(part.value, part.end)
    except Damaged:
        pass
    return None


def _is_name(literal: bytes, plain: bytes, name: str) -> bool:
    """A member's name, which may be written with escapes; of a long one only the beginning."""
    return literal == plain or (b"\\" in literal and unquoted(literal) == name)


def _named(body: Buffer, span: Span) -> Found | None:
    raw = body[span.start : span.end]
    name = unquoted(raw) if raw.startswith(b'"') else raw.decode("utf-8", "replace")
    return Found(name, Place.JSON, (span,)) if name and raw != b"null" else None


# -- multipart ---------------------------------------------------------------------------------------------------


def _in_multipart(query: bytes, content_type: bytes, body: Buffer) -> Found | None:
    """The query comes first (http-api section 6.2), and the fields of the form follow its name."""
    spans = multipart_fields(content_type, body, b"model")
    in_query = tuple(fields(query, b"model"))
    name = _decoded(query, in_query) or (_text(body, spans[0]) if spans else "")
    return Found(name, Place.MULTIPART, spans, in_query) if name else None


def _text(body: Buffer, span: Span) -> str:
    return body[span.start : span.end].decode("utf-8", "replace")


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
