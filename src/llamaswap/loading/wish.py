"""Does a request ask for its answer as a stream (http-api section 6.2)? Pure.

The word stands where the model's name does: in the JSON, the form or the query.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_to_bytes

from llamaswap.filters.scan import Buffer
from llamaswap.resolve.places import Place, fields, find_member, kind_of, multipart_fields

_FORM_LIMIT = 1024 * 1024
"""Bytes of a urlencoded body that is looked into; what wants a stream is text."""
_TRUE_TEXTS = frozenset(("1", "t", "true"))
_LONGEST_VALUE = 64


def asks_for_stream(query: bytes, content_type: bytes, body: Buffer) -> bool:
    """Whether a POST with this query (without its `?`), type and body wants its answer as it is made."""
    kind = kind_of(content_type)
    if kind is Place.JSON:
        return _json_says_so(body)
    if _field_says_so(query):
        return True
    if kind is Place.MULTIPART:
        spans = multipart_fields(content_type, body, b"stream")
        return bool(spans) and body[spans[0].start : spans[0].end] == b"true"
    return kind is Place.FORM and len(body) <= _FORM_LIMIT and _field_says_so(body[:])


def _json_says_so(body: Buffer) -> bool:
    """True, a number other than 0, or a text that reads as true."""
    span = find_member(body, "stream")
    if span is None or span.end - span.start > _LONGEST_VALUE:
        return False
    try:
        value: Any = json.loads(body[span.start : span.end], parse_constant=lambda _: False)
    except ValueError:
        return False
    return value.lower() in _TRUE_TEXTS if isinstance(value, str) else isinstance(value, int | float) and value != 0


def _field_says_so(encoded: bytes) -> bool:
    """The first value of `stream` in a urlencoded text is `true`."""
    first = next(fields(encoded, b"stream"), None)
    return first is not None and unquote_to_bytes(encoded[first.start : first.end]) == b"true"
