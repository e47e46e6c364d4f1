"""Does a request name one model, whoever reads it? Pure: bytes in, an answer out.

Programs differ in what they take of a member that stands there twice, or in capitals, and some read a body as what it
looks like and not as what its header calls it. A request of somebody who may not use all of a peer's models goes there
only where none of this can matter. So the rules here are those of the strictest reader, and of the most lenient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import unquote_to_bytes

from llamaswap.exchange import Header
from llamaswap.filters.scan import Buffer, Damaged, Part, Span, parts, skip_blanks, unquoted
from llamaswap.resolve.places import Found, Place, fields

_MOST = 10_000
"""Members of an object, or fields of a form: what has more is no request of a client."""
_LONGEST = 64
"""Bytes of a member's name that may mean `model`, with all its letters escaped and some to spare."""
_AT_ONCE = 64 * 1024
"""Bytes that are searched in one go, as that holds the interpreter."""

_UTF8 = rb'(?:\s*;\s*charset="?utf-?8"?)?\s*;?\s*'
_TYPES = {
    place: re.compile(kind + _UTF8, re.IGNORECASE)
    for place, kind in {
        Place.JSON: rb"application/(?:[\w.-]+\+)?json",
        Place.FORM: rb"application/x-www-form-urlencoded",
        Place.MULTIPART: rb'multipart/form-data\s*;\s*boundary=(?:"(?P<quoted>[^"\\]+)"|(?P<plain>[^\s;"]+))',
    }.items()
}
"""What no reader can take for another: a charset, say, in which other signs are brackets would be one."""

_PAIR = re.compile(rb"[^&;]+")
_FORM_BEGINS = re.compile(rb"[\w%-]")
_DISPOSITION = re.compile(rb"content-disposition", re.IGNORECASE)
_FIELD = re.compile(
    rb'content-disposition: *form-data; *name="(?P<name>[^"\\\r\n]*)"'
    rb'(?:; *filename\*?=(?:"(?:[^"\\\r\n]|\\.)*+"|[^\s;"]+))*+ *\r\n',
    re.IGNORECASE,
)


def names_one(found: Found, query: bytes, headers: Sequence[Header], body: Buffer) -> bool:
    """The model is named where `found` says, and in parameters `model` of the query, and nowhere else.

    All these can be renamed, and then whoever reads the request reads this name.
    """
    if not _one_each(query, tuple(fields(query, b"model"))):
        return False
    if found.place is Place.QUERY:
        return not len(body)
    kinds = [value for name, value in headers if name.lower() == b"content-type"]
    coded = any(name.lower() == b"content-encoding" for name, _ in headers)
    kind = _TYPES[found.place].fullmatch(kinds[0]) if len(kinds) == 1 and not coded else None
    if kind is None:
        return False
    if found.place is Place.JSON:
        return _is_sole_member(body)
    if found.place is Place.FORM:
        return _FORM_BEGINS.match(body) is not None and _one_each(body[:], found.spans)
    return _is_sole_field(body, kind["quoted"] or kind["plain"])


def _means_model(text: str) -> bool:
    """To a program that takes capitals for small letters, or a zero for the end."""
    return text.partition("\0")[0].strip().casefold() == "model"


def _one_each(encoded: bytes, spans: Sequence[Span]) -> bool:
    """`spans` are all the values of such a name in a urlencoded text, also for who reads `;` as `&`."""
    pairs = list(islice((pair[0] for pair in _PAIR.finditer(encoded)), _MOST))
    names = (unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")) for pair in pairs)
    same = sum(_means_model(name.decode("latin-1")) for name in names)
    return len(pairs) < _MOST and same == len(spans)


def _is_sole_member(body: Buffer) -> bool:
    """`body` is an object that has one member of such a name, and nothing else."""
    start = skip_blanks(body, 0)
    if body[start : start + 1] != b"{":
        return False
    end, same = start + 1, 0
    try:
        for count, part in enumerate(parts(body, start)):
            same += _may_mean_model(body, part)
            end = part.end
            if same > 1 or count == _MOST:
                return False
    except Damaged:
        return False
    return same == 1 and skip_blanks(body, skip_blanks(body, end) + 1) == len(body)


def _may_mean_model(body: Buffer, part: Part) -> bool:
    """An escape that is none may mean anything."""
    if part.name_end - part.start > _LONGEST:
        return False
    name = unquoted(body[part.start : part.name_end])
    return name is None or _means_model(name)


def _is_sole_field(body: Buffer, boundary: bytes) -> bool:
    """`body` begins with a part of a form, and of its parts, however they are told apart, one has such a name."""
    delimiter = b"--" + boundary + b"\r\n"
    if body[: len(delimiter)] != delimiter:
        return False
    heads = [_FIELD.match(body, at) for at in islice(_dispositions(body), _MOST)]
    names = [head["name"].decode("latin-1") for head in heads if head is not None]
    return len(names) == len(heads) < _MOST and [name for name in names if _means_model(name)] == ["model"]


def _dispositions(body: Buffer) -> Iterator[int]:
    """Where what may be the head of a part begins."""
    longest = len(_DISPOSITION.pattern)
    for start in range(0, len(body), _AT_ONCE):
        for match in _DISPOSITION.finditer(body, start, start + _AT_ONCE + longest - 1):
            yield match.start()
