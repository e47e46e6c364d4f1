"""How the path of a request target is read: split off, cleaned, decoded once (http-api section 2). Pure.

It knows no routes.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_PREFIX = re.compile(rb"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")
_LONGEST_PREFIX = 256
_UNSAFE = re.compile(rb"[^\x21-\x5b\x5d-\x7e]")


def split(target: bytes) -> tuple[bytes, bytes]:
    """The path and the query, which keeps its `?`; both as received."""
    path, mark, query = target.partition(b"?")
    return path, mark + query


def decoded(path: bytes) -> bytes:
    """The path with its percent-encoding undone once; only this form decides which route it is."""
    return unquote_to_bytes(path) if b"%" in path else path


def cleaned(path: bytes) -> bytes:
    """The path without empty, `.` and `..` segments; itself when it has none. `%2F` is no separator here."""
    if b"//" not in path and b"/." not in path:
        return path
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    return b"/" + b"/".join(kept) + (b"/" if kept and path.endswith(b"/") else b"")


def location(path: bytes) -> bytes:
    """`path`, fit for a `Location` header: browsers take a backslash for a slash, and `/\\host` for another host."""
    return _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], path)


def prefix(forwarded: bytes | None) -> bytes:
    """Below which path a reverse proxy says it shows this server (`X-Forwarded-Prefix`), without a slash at its end.

    Empty when it says nothing, or what could lead elsewhere: anyone may send the header.
    """
    path = (forwarded or b"").strip(b" \t").removesuffix(b"/")
    return path if len(path) <= _LONGEST_PREFIX and _PREFIX.fullmatch(path) else b""


def shown(target: bytes) -> str:
    """The decoded path as text, for people: bytes that are no UTF-8 are spelled out."""
    return decoded(split(target)[0]).decode("utf-8", "backslashreplace")
