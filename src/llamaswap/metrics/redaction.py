"""Header lines as they may be shown: first values, in one spelling, without secrets (http-api section 16). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from llamaswap.exchange import Header

REDACTED = "[REDACTED]"
_SECRET = frozenset((b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key"))


def header_map(headers: Iterable[Header], *, without: Iterable[bytes] = ()) -> dict[str, str]:
    """`X-Session-Id` → its first value; lines whose lower-case names are in `without` are left out."""
    shown: dict[str, str] = {}
    left_out = frozenset(without)
    for name, value in headers:
        lower = name.lower()
        if lower in left_out:
            continue
        title = "-".join(part.capitalize() for part in lower.decode("latin-1").split("-"))
        shown.setdefault(title, REDACTED if lower in _SECRET else value.decode("utf-8", "replace"))
    return shown
